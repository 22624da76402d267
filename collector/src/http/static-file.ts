import { createHash } from 'node:crypto'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** A file in memory and its compressed forms, which are created once at startup. */
export interface StaticFile {
  /** Media type. */
  type: string
  /** The first 16 hexadecimal digits of the file's SHA-256 hash. */
  hash: string
  plain: Buffer
  brotli: Buffer
  gzip: Buffer
}

// The best quality takes a tenth of a second for a source map, and this one a hundredth.
const FAST_QUALITY = 4

/**
 * Compresses a file for {@link sendStaticFile}.
 *
 * With `isOften`, it is compressed as much as possible, which takes ten times as long. This is worthwhile for
 * files that every visitor loads.
 *
 * @example
 * createStaticFile('<!doctype html>', 'text/html; charset=utf-8')
 */
export function createStaticFile(
  content: Buffer | string,
  type: string,
  { isOften = false }: { isOften?: boolean } = {},
): StaticFile {
  const plain = Buffer.from(content)
  const quality = isOften ? constants.BROTLI_MAX_QUALITY : FAST_QUALITY
  return {
    type,
    hash: createHash('sha256').update(plain).digest('hex').slice(0, 16),
    plain,
    brotli: brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: quality } }),
    gzip: gzipSync(plain, { level: constants.Z_BEST_COMPRESSION }),
  }
}

/** Browsers may store the file, and ask before each use whether it has changed. */
export const REVALIDATE = 'no-cache'

/**
 * Sends a file in the best encoding that the client accepts, or status 304 if the client has this version already.
 */
export function sendStaticFile(
  request: FastifyRequest,
  reply: FastifyReply,
  { file, headers }: { file: StaticFile; headers: { 'cache-control': string } & Record<string, string> },
): FastifyReply {
  const accepted = request.headers['accept-encoding'] ?? ''
  const encoding = /\bbr\b/.test(accepted) ? 'br' : /\bgzip\b/.test(accepted) ? 'gzip' : undefined
  // Each encoding has its own ETag, because an ETag identifies the exact bytes.
  const etag = `"${file.hash}${encoding ? `-${encoding}` : ''}"`
  reply.headers({ 'content-type': file.type, vary: 'Accept-Encoding', etag, ...headers })
  if (isKnown(request.headers['if-none-match'], etag)) return reply.code(304).send()
  if (encoding) reply.header('content-encoding', encoding)
  return reply.send(encoding === 'br' ? file.brotli : encoding === 'gzip' ? file.gzip : file.plain)
}

/**
 * Returns whether an `If-None-Match` header contains an ETag. A proxy that compresses responses itself marks their
 * ETags as weak, `W/"…"`.
 */
function isKnown(known: string | undefined, etag: string): boolean {
  if (known === undefined) return false
  return known.split(',').some((one) => ['*', etag, `W/${etag}`].includes(one.trim()))
}
