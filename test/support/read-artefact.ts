import { readFileSync } from 'node:fs'

const DIST = new URL('../../dist/', import.meta.url)

/** A built file, as users install it. */
export function readArtefact(name: string): Buffer {
  try {
    return readFileSync(new URL(name, DIST))
  } catch (cause) {
    throw new Error(`dist/${name} is missing: run "npx rollup -c" first`, { cause })
  }
}
