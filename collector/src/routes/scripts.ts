import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

const SHORT_CACHE = 'public, max-age=3600, stale-while-revalidate=86400'
const IMMUTABLE_CACHE = 'public, max-age=31536000, immutable'

/**
 * `GET /z.js` and `/live.js`, cached for an hour, and the same under a path that holds their hash, cached for ever.
 *
 * The headers let any page load them with `integrity` and `crossorigin`, also one that isolates itself.
 */
export function addScriptRoutes(app: FastifyInstance, assets: ScriptAsset[]): void {
  for (const asset of assets) {
    app.get(`/${asset.name}.js`, (request, reply) => send(request, reply, asset, SHORT_CACHE))
    app.get(`/v/${asset.hash}/${asset.name}.js`, (request, reply) =>
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

/** A built browser file with its compressed forms, made once at start. */
export interface ScriptAsset {
  name: string
  /** First 16 hex digits of its SHA-256. */
  hash: string
  plain: Buffer
  brotli: Buffer
  gzip: Buffer
}

/** Reads the tracker's built files, `z.js` and `live.js`. */
export async function readScriptAssets(): Promise<ScriptAsset[]> {
  return Promise.all(
    ['z', 'live'].map(async (name) => {
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
