import { DOOR_VERSION } from '../tracker/door-version.js'
import type { Connect } from '../tracker/open-door.js'
import { clicks } from './clicks.js'
import { connect as connectCore, guard, options, warn, type Kind } from './core.js'
import { downloads } from './downloads.js'
import { engagement } from './engagement.js'
import { errors } from './errors.js'
import { forms } from './forms.js'
import { notfound } from './notfound.js'
import { outbound } from './outbound.js'

/** Kinds by their names in `data-capture`. */
export type Kinds = Record<string, Kind>

/** What the other files export. */
interface KindFile {
  version: number
  kinds: Kinds
}

const KINDS: Kinds = { outbound, downloads, forms, clicks, engagement, errors, notfound }
/** Kinds of `signals.js`, and the one of `vitals.js`. */
const OTHERS = 'rage dead copy video views vitals'.split(' ')

const loadKind = (name: string): Promise<void> =>
  (import(`./${name === 'vitals' ? name : 'signals'}.js`) as Promise<KindFile>)
    .then(({ version, kinds }) => {
      if (version !== DOOR_VERSION) throw new Error('old file')
      guard(kinds[name]!)()
    })
    // The same text for all kinds of a file: it is logged once.
    .catch((error) => warn('capture', error))

/** Is called by z.js, perhaps several times: starts the kinds that the page asks for. */
export const connect: Connect = (...door) => {
  if (options) return
  connectCore(...door)
  const known = [...Object.keys(KINDS), ...OTHERS]
  const asked: string[] = (door[1].capture || 'outbound').match(/[^\s,]+/g) || []
  const unknown = asked.filter((name) => name !== 'all' && !known.includes(name))
  if (unknown.length > 0) warn(`capture ${unknown}`, `is none of ${known}`)
  known.forEach((name) => {
    if (asked.includes(name) || asked.includes('all'))
      if (KINDS[name]) guard(KINDS[name])()
      else void loadKind(name)
  })
}

// The other files share the state of this one.
export { collector, flush, guard, listen, options, send, when } from './core.js'
export { isPrivate, textOf } from './text-of.js'
