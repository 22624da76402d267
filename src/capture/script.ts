import type { Connect } from '../tracker/open-door.js'
import { KIND_VERSION, type Kind } from './kind.js'
import { outbound } from './outbound.js'
import { connect as connectTracker, startKind } from './start-kinds.js'

/** What a file exports that has kinds of its own. */
export interface KindFile {
  version: number
  kinds: Kind[]
}

const KINDS = [outbound]
/** Names of the kinds of other files. */
const FILES = {
  './signals.js': ['rage', 'dead', 'copy', 'video', 'views'],
  './vitals.js': ['vitals'],
}

/** Is called by z.js: starts the kinds that the page asks for. */
export const connect: Connect = (...door) => {
  const [, options, , , , , , warn] = door
  if (startKind) return
  connectTracker(...door)
  if (!startKind) return
  const known = [...KINDS.map(({ name }) => name), ...Object.values(FILES).flat()]
  const asked = (options.capture || 'outbound').split(/[\s,]+/).filter(Boolean)
  const unknown = asked.filter((name) => name !== 'all' && !known.includes(name))
  if (unknown.length > 0) warn(`capture "${unknown.join(' ')}"`, `is none of: ${known.join(' ')}, all`)
  const startAsked = (kinds: Kind[]) =>
    kinds.filter(({ name }) => asked.includes(name) || asked.includes('all')).forEach(startKind!)

  startAsked(KINDS)
  Object.entries(FILES).forEach(([file, names]) => {
    if (names.some((name) => asked.includes(name)) || asked.includes('all'))
      (import(file) as Promise<KindFile>)
        .then(({ version, kinds }) => {
          if (version !== KIND_VERSION) throw new Error(`version ${version} instead of ${KIND_VERSION}`)
          startAsked(kinds)
        })
        .catch((error: unknown) => warn(file, error))
  })
}
