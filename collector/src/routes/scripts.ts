import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ScriptAsset } from './read-script-assets.js'

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
