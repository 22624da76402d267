import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

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
