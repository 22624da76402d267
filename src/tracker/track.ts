import { MAX_EVENT_NAME_LENGTH } from '../contract/limits.js'
import { sendWith } from './send-with.js'

/** Sends a custom event, or another `type` that has a name. Without one the collector would refuse it. */
export const track = (
  name: string,
  properties?: Record<string, unknown>,
  type: 'custom' | 'goal' = 'custom',
): void => {
  if (!name.trim()) throw 'refused'
  sendWith(type, properties, { event_name: name.slice(0, MAX_EVENT_NAME_LENGTH) })
}
