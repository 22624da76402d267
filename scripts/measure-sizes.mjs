import { readFileSync } from 'node:fs'
import { brotliCompressSync, constants } from 'node:zlib'

/** Bytes of a text as a CDN would send it: brotli at quality 11. */
export function brotliLength(text) {
  return brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length
}

/** Bytes of a file as a CDN would send it. */
export function brotliBytes(file) {
  return brotliLength(readFileSync(file))
}

if (process.argv[1] === import.meta.filename)
  for (const file of process.argv.slice(2))
    console.log(`${file}: ${readFileSync(file).length} bytes, ${brotliBytes(file)} brotli`)
