import { DOOR_VERSION } from '../tracker/door-version.js'
import type { Connect } from '../tracker/open-door.js'
import { connect as connectCore, options, warn, type Kind } from './core.js'
import { outbound } from './outbound.js'

/** Kinds by their names in `data-capture`. */
export type Kinds = Record<string, Kind>

const KINDS: Kinds = { outbound }
/** The other files, and the names of their kinds. */
const FILES = { signals: ['rage', 'dead', 'copy', 'video', 'views'], vitals: ['vitals'] }

/** Is called by z.js, perhaps twice: starts the kinds that the page asks for. */
export const connect: Connect = (...door) => {
  if (options) return
  connectCore(...door)
  const known = [...Object.keys(KINDS), ...Object.values(FILES).flat()]
  let asked = (door[1].capture || 'outbound').match(/[^\s,]+/g) || []
  if (asked.includes('all')) asked = known
  const unknown = asked.filter((name) => !known.includes(name))
  if (unknown.length > 0) warn(`capture ${unknown}`, `is none of ${known}`)
  const start = (kinds: Kinds) => asked.forEach((name) => kinds[name]?.())

  start(KINDS)
  Object.entries(FILES).forEach(([file, names]) => {
    if (names.some((name) => asked.includes(name)))
      (import(`./${file}.js`) as Promise<{ version: number; kinds: Kinds }>)
        .then(({ version, kinds }) => {
          if (version !== DOOR_VERSION) throw new Error(`version ${version}`)
          start(kinds)
        })
        .catch((error: unknown) => warn(file, error))
  })
}

// The other files share the state of this one.
export { guard, listen, options, send, sendNamed, when } from './core.js'
export { textOf } from './text-of.js'
