import { send } from './core.js'
import type { Properties } from '../contract/wire.js'

/** Sends a custom event that is no action of the visitor: it does not end a bounce. */
export const sendPassive = (event_name: string, properties: Properties): boolean =>
  send({ event_type: 'custom', event_name, properties, interactive: false })
