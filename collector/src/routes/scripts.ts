import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { Type } from '@sinclair/typebox'
import type { FastifyInstance, onRequestHookHandler } from 'fastify'
import { documentRoute, type RouteDocs, urlOf } from '../http/api/route.js'
import { createStaticFile, sendStaticFile, type StaticFile } from '../http/static-file.js'

const SHORT_CACHE = 'public, max-age=3600, stale-while-revalidate=86400'
const IMMUTABLE_CACHE = 'public, max-age=31536000, immutable'

const SCRIPT_NAMES = ['z', 'live', 'capture', 'signals', 'vitals'] as const
type ScriptName = (typeof SCRIPT_NAMES)[number]

const documentScript = (path: string, operationId: string, summary: string) =>
  documentRoute({
    path,
    operationId,
    summary,
    scope: 'public',
    codes: ['RATE_LIMIT_EXCEEDED'],
    contentType: 'text/javascript',
  })

const SOURCE_MAP = Type.Object({}, { description: 'A source map of version 3, with its sources.' })

const documentMap = (path: string, operationId: string, summary: string) =>
  documentRoute({
    path,
    operationId,
    summary,
    scope: 'public',
    codes: ['RATE_LIMIT_EXCEEDED'],
    response: SOURCE_MAP,
  })

const SCRIPTS = {
  z: {
    latest: documentScript('/z.js', 'loadTracker', 'The tracker, cached for an hour'),
    pinned: documentScript(
      '/v/{hash}/z.js',
      'loadPinnedTracker',
      'The tracker of one version, cached forever',
    ),
    latestMap: documentMap('/z.js.map', 'loadTrackerMap', 'The source map of the tracker'),
    pinnedMap: documentMap(
      '/v/{hash}/z.js.map',
      'loadPinnedTrackerMap',
      'The source map of the tracker of one version',
    ),
  },
  live: {
    latest: documentScript('/live.js', 'loadLiveWidget', 'The live widget, cached for an hour'),
    pinned: documentScript('/v/{hash}/live.js', 'loadPinnedLiveWidget', 'The live widget of one version'),
    latestMap: documentMap('/live.js.map', 'loadLiveWidgetMap', 'The source map of the live widget'),
    pinnedMap: documentMap(
      '/v/{hash}/live.js.map',
      'loadPinnedLiveWidgetMap',
      'The source map of the live widget of one version',
    ),
  },
  capture: {
    latest: documentScript('/capture.js', 'loadCapture', 'The file of captured events, cached for an hour'),
    pinned: documentScript(
      '/v/{hash}/capture.js',
      'loadPinnedCapture',
      'The file of captured events of one version',
    ),
    latestMap: documentMap(
      '/capture.js.map',
      'loadCaptureMap',
      'The source map of the file of captured events',
    ),
    pinnedMap: documentMap(
      '/v/{hash}/capture.js.map',
      'loadPinnedCaptureMap',
      'The source map of the file of captured events of one version',
    ),
  },
  signals: {
    latest: documentScript('/signals.js', 'loadSignals', 'The file of captured signals, cached for an hour'),
    pinned: documentScript(
      '/v/{hash}/signals.js',
      'loadPinnedSignals',
      'The file of captured signals of one version',
    ),
    latestMap: documentMap(
      '/signals.js.map',
      'loadSignalsMap',
      'The source map of the file of captured signals',
    ),
    pinnedMap: documentMap(
      '/v/{hash}/signals.js.map',
      'loadPinnedSignalsMap',
      'The source map of the file of captured signals of one version',
    ),
  },
  vitals: {
    latest: documentScript('/vitals.js', 'loadVitals', 'The file of web vitals, cached for an hour'),
    pinned: documentScript(
      '/v/{hash}/vitals.js',
      'loadPinnedVitals',
      'The file of web vitals of one version',
    ),
    latestMap: documentMap('/vitals.js.map', 'loadVitalsMap', 'The source map of the file of web vitals'),
    pinnedMap: documentMap(
      '/v/{hash}/vitals.js.map',
      'loadPinnedVitalsMap',
      'The source map of the file of web vitals of one version',
    ),
  },
} as const satisfies Record<ScriptName, object>

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
