import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { Type } from '@sinclair/typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { documentRoute, type RouteDocs, urlOf } from '../http/api/route.js'

const SHORT_CACHE = 'public, max-age=3600, stale-while-revalidate=86400'
const IMMUTABLE_CACHE = 'public, max-age=31536000, immutable'

const SCRIPT_NAMES = ['z', 'live'] as const
type ScriptName = (typeof SCRIPT_NAMES)[number]

const documentScript = (path: string, operationId: string, summary: string) =>
  documentRoute({ path, operationId, summary, scope: 'public', codes: [], contentType: 'text/javascript' })

const SOURCE_MAP = Type.Object({}, { description: 'A source map of version 3, with its sources.' })

const documentMap = (path: string, operationId: string, summary: string) =>
  documentRoute({ path, operationId, summary, scope: 'public', codes: [], response: SOURCE_MAP })

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
} as const satisfies Record<ScriptName, object>

export const SCRIPT_ROUTES = Object.values(SCRIPTS).flatMap((routes) => Object.values(routes))

/**
 * Adds the routes of the browser scripts and their source maps. Their headers let any page load the scripts
 * with `integrity` and `crossorigin`, even if the page is cross-origin isolated.
 */
export function addScriptRoutes(app: FastifyInstance, assets: ScriptAsset[]): void {
  for (const { name, script, map } of assets) {
    const routes = SCRIPTS[name]
    const addRoutes = (latest: RouteDocs, pinned: RouteDocs, file: ScriptFile) => {
      app.get(urlOf(latest), (request, reply) => send(request, reply, file, SHORT_CACHE))
      // A map is pinned by the hash of its script, because developer tools look for it beside the script.
      app.get(urlOf(pinned).replace(':hash', script.hash), (request, reply) =>
        send(request, reply, file, IMMUTABLE_CACHE),
      )
    }
    addRoutes(routes.latest, routes.pinned, script)
    addRoutes(routes.latestMap, routes.pinnedMap, map)
  }
}

function send(
  request: FastifyRequest,
  reply: FastifyReply,
  file: ScriptFile,
  cacheControl: string,
): FastifyReply {
  const accepted = request.headers['accept-encoding'] ?? ''
  const encoding = /\bbr\b/.test(accepted) ? 'br' : /\bgzip\b/.test(accepted) ? 'gzip' : undefined
  const etag = `"${file.hash}${encoding ? `-${encoding}` : ''}"`
  reply.headers({
    'content-type': file.type,
    'cache-control': cacheControl,
    'cross-origin-resource-policy': 'cross-origin',
    'timing-allow-origin': '*',
    vary: 'Accept-Encoding',
    etag,
  })
  if (request.headers['if-none-match']?.includes(etag)) return reply.code(304).send()
  if (encoding) reply.header('content-encoding', encoding)
  return reply.send(encoding === 'br' ? file.brotli : encoding === 'gzip' ? file.gzip : file.plain)
}

/** A built browser script and its source map. */
export interface ScriptAsset {
  name: ScriptName
  script: ScriptFile
  map: ScriptFile
}

/** A file and its compressed forms, which are created once at startup. */
interface ScriptFile {
  /** Media type. */
  type: string
  /** The first 16 hexadecimal digits of the file's SHA-256 hash. */
  hash: string
  plain: Buffer
  brotli: Buffer
  gzip: Buffer
}

// The best quality takes a tenth of a second for a source map, which is seldom requested.
const MAP_QUALITY = 4

/** Loads the built scripts of the tracker package, and their source maps. */
export async function loadScriptAssets(): Promise<ScriptAsset[]> {
  return Promise.all(
    SCRIPT_NAMES.map(async (name) => {
      const path = fileURLToPath(import.meta.resolve(`@zenovay/tracker/${name}.js`))
      return {
        name,
        script: await loadFile(path, 'text/javascript; charset=utf-8', constants.BROTLI_MAX_QUALITY),
        map: await loadFile(`${path}.map`, 'application/json; charset=utf-8', MAP_QUALITY),
      }
    }),
  )
}

async function loadFile(path: string, type: string, quality: number): Promise<ScriptFile> {
  const plain = await readFile(path)
  return {
    type,
    hash: createHash('sha256').update(plain).digest('hex').slice(0, 16),
    plain,
    brotli: brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: quality } }),
    gzip: gzipSync(plain, { level: constants.Z_BEST_COMPRESSION }),
  }
}
