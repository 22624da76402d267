import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { Type } from '@sinclair/typebox'
import type { FastifyInstance, onRequestHookHandler } from 'fastify'
import { documentRoute, type RouteDocs, urlOf } from '../http/api/route.js'
import { createStaticFile, sendStaticFile, type StaticFile } from '../http/static-file.js'

const SHORT_CACHE = 'public, max-age=3600, stale-while-revalidate=86400'
const IMMUTABLE_CACHE = 'public, max-age=31536000, immutable'

export const SCRIPT_NAMES = ['z', 'live', 'capture', 'signals', 'vitals'] as const
type ScriptName = (typeof SCRIPT_NAMES)[number]

const SOURCE_MAP = Type.Object({}, { description: 'A source map of version 3, with its sources.' })
const PUBLIC = { scope: 'public', codes: ['RATE_LIMIT_EXCEEDED'] } as const

/** Documents the routes of a script: `id` is its name in operation IDs, and `title` in sentences. */
function documentScript(name: ScriptName, id: string, title: string) {
  const script = { ...PUBLIC, contentType: 'text/javascript' }
  const map = { ...PUBLIC, response: SOURCE_MAP }
  const file = `/${name}.js`
  return {
    latest: documentRoute({
      ...script,
      path: file,
      operationId: `load${id}`,
      summary: `The ${title}, cached for an hour`,
    }),
    pinned: documentRoute({
      ...script,
      path: `/v/{hash}${file}`,
      operationId: `loadPinned${id}`,
      summary: `The ${title} of one version, cached forever`,
    }),
    latestMap: documentRoute({
      ...map,
      path: `${file}.map`,
      operationId: `load${id}Map`,
      summary: `The source map of the ${title}`,
    }),
    pinnedMap: documentRoute({
      ...map,
      path: `/v/{hash}${file}.map`,
      operationId: `loadPinned${id}Map`,
      summary: `The source map of the ${title} of one version`,
    }),
  }
}

const SCRIPTS = {
  z: documentScript('z', 'Tracker', 'tracker'),
  live: documentScript('live', 'LiveWidget', 'live widget'),
  capture: documentScript('capture', 'Capture', 'file of captured events'),
  signals: documentScript('signals', 'Signals', 'file of captured signals'),
  vitals: documentScript('vitals', 'Vitals', 'file of web vitals'),
}

export const SCRIPT_ROUTES = Object.values(SCRIPTS).flatMap((routes) => Object.values(routes))

/**
 * Adds the routes of the browser scripts and their source maps. Their headers let any page load the scripts
 * with `integrity` and `crossorigin`, even if the page is cross-origin isolated. `limit` is the rate limit of each
 * client.
 */
export function addScriptRoutes(
  app: FastifyInstance,
  assets: ScriptAsset[],
  limit: onRequestHookHandler,
): void {
  const addRoute = (url: string, file: StaticFile, cacheControl: string) => {
    const headers = {
      'cache-control': cacheControl,
      'cross-origin-resource-policy': 'cross-origin',
      'timing-allow-origin': '*',
    }
    app.get(url, { onRequest: limit }, (request, reply) => sendStaticFile(request, reply, { file, headers }))
  }
  for (const { name, script, map } of assets) {
    const routes = SCRIPTS[name]
    const addRoutes = (latest: RouteDocs, pinned: RouteDocs, file: StaticFile) => {
      addRoute(urlOf(latest), file, SHORT_CACHE)
      // A map is pinned by the hash of its script, because developer tools look for it beside the script.
      addRoute(urlOf(pinned).replace(':hash', script.hash), file, IMMUTABLE_CACHE)
    }
    addRoutes(routes.latest, routes.pinned, script)
    addRoutes(routes.latestMap, routes.pinnedMap, map)
  }
}

/** A built browser script and its source map. */
export interface ScriptAsset {
  name: ScriptName
  script: StaticFile
  map: StaticFile
}

/** Loads the built scripts of the tracker package, and their source maps. */
export async function loadScriptAssets(): Promise<ScriptAsset[]> {
  return Promise.all(
    SCRIPT_NAMES.map(async (name) => {
      const path = fileURLToPath(import.meta.resolve(`@zenovay/tracker/${name}.js`))
      return {
        name,
        script: createStaticFile(await readFile(path), 'text/javascript; charset=utf-8', { isOften: true }),
        map: createStaticFile(await readFile(`${path}.map`), 'application/json; charset=utf-8'),
      }
    }),
  )
}
