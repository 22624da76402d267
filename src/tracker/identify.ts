import { SESSION_TIMEOUT_MS } from '../contract/limits.js'
import { createId } from './create-id.js'
import { cookieless } from './read-privacy.js'
import { useStorage } from './use-storage.js'

/** The time of the last event is a number in memory, and a string when it comes from storage. */
type Identity = [visitor?: string, session?: string, seenMs?: unknown]

export let identity: Identity = []

/**
 * Gives visitor and session of this moment, and counts as activity of the session.
 *
 * Visitor, session and time of the last event share one key, `visitor,session,time`: the first touch
 * of localStorage costs a page some milliseconds, and tabs of one origin share the session through it.
 */
export const identify = (): Identity => {
  identity = useStorage((storage) => (storage['zenovay'] as string).split(',') as Identity) || identity
  if (!cookieless) identity[0] ||= createId()
  // NaN, from a record that is not ours, is a session that ended.
  if (!(Date.now() - (identity[2] as number) < SESSION_TIMEOUT_MS)) identity[1] = createId()
  identity[2] = Date.now()
  useStorage((storage) => (storage['zenovay'] = identity))
  return identity
}
