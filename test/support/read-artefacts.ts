import { readFileSync } from 'node:fs'

const DIST = new URL('../../dist/', import.meta.url)

/**
 * Built files, as users install them, by the path at which they are served. Read at the start, so that a
 * build during a run does not mix with the previous one.
 */
export function readArtefacts(...names: string[]): Map<string, Buffer> {
  return new Map(names.map((name) => [`/${name}`, readArtefact(name)]))
}

function readArtefact(name: string): Buffer {
  try {
    return readFileSync(new URL(name, DIST))
  } catch (cause) {
    throw new Error(`dist/${name} is missing: run "npx rollup -c" first`, { cause })
  }
}
