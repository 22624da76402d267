import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { documentRoute, urlOf } from '../http/api/route.js'

const SHORT_CACHE = 'public, max-age=3600, stale-while-revalidate=86400'
const IMMUTABLE_CACHE = 'public, max-age=31536000, immutable'

const SCRIPT_NAMES = ['z', 'live'] as const
type ScriptName = (typeof SCRIPT_NAMES)[number]

const documentScript = (path: string, operationId: string, summary: string) =>
  documentRoute({ path, operationId, summary, scope: 'public', codes: [], contentType: 'text/javascript' })

const SCRIPTS = {
  z: {
    latest: documentScript('/z.js', 'loadTracker', 'The tracker, cached for an hour'),
    pinned: documentScript(
      '/v/{hash}/z.js',
      'loadPinnedTracker',
      'The tracker of one version, cached forever',
    ),
  },
  live: {
    latest: documentScript('/live.js', 'loadLiveWidget', 'The live widget, cached for an hour'),
    pinned: documentScript('/v/{hash}/live.js', 'loadPinnedLiveWidget', 'The live widget of one version'),
  },
} as const satisfies Record<ScriptName, object>

export const SCRIPT_ROUTES = Object.values(SCRIPTS).flatMap(({ latest, pinned }) => [latest, pinned])

/**
 * Adds the routes of the browser scripts. Their headers let any page load the scripts with `integrity` and
 * `crossorigin`, even if the page is cross-origin isolated.
 */
export function addScriptRoutes(app: FastifyInstance, assets: ScriptAsset[]): void {
  for (const asset of assets) {
    const { latest, pinned } = SCRIPTS[asset.name]
    app.get(urlOf(latest), (request, reply) => send(request, reply, asset, SHORT_CACHE))
    app.get(urlOf(pinned).replace(':hash', asset.hash), (request, reply) =>
      send(request, reply, asset, IMMUTABLE_CACHE),
    )
  }
}

function send(
  request: FastifyRequest,
  reply: FastifyReply,
  asset: ScriptAsset,
  cacheControl: string,
): FastifyReply {
  const accepted = request.headers['accept-encoding'] ?? ''
  const encoding = /\bbr\b/.test(accepted) ? 'br' : /\bgzip\b/.test(accepted) ? 'gzip' : undefined
  const etag = `"${asset.hash}${encoding ? `-${encoding}` : ''}"`
  reply.headers({
    'content-type': 'text/javascript; charset=utf-8',
    'cache-control': cacheControl,
    'cross-origin-resource-policy': 'cross-origin',
    'timing-allow-origin': '*',
    vary: 'Accept-Encoding',
    etag,
  })
  if (request.headers['if-none-match']?.includes(etag)) return reply.code(304).send()
  if (encoding) reply.header('content-encoding', encoding)
  return reply.send(encoding === 'br' ? asset.brotli : encoding === 'gzip' ? asset.gzip : asset.plain)
}

/** A built browser script and its compressed forms, which are created once at startup. */
export interface ScriptAsset {
  name: ScriptName
  /** The first 16 hexadecimal digits of the script's SHA-256 hash. */
  hash: string
  plain: Buffer
  brotli: Buffer
  gzip: Buffer
}

/** Loads the built scripts of the tracker package. */
export async function loadScriptAssets(): Promise<ScriptAsset[]> {
  return Promise.all(
    SCRIPT_NAMES.map(async (name) => {
      const plain = await readFile(fileURLToPath(import.meta.resolve(`@zenovay/tracker/${name}.js`)))
      return {
        name,
        hash: createHash('sha256').update(plain).digest('hex').slice(0, 16),
        plain,
        brotli: brotliCompressSync(plain, {
          params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY },
        }),
        gzip: gzipSync(plain, { level: constants.Z_BEST_COMPRESSION }),
      }
    }),
  )
}
