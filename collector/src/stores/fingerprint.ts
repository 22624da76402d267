import { crc32 } from 'node:zlib'
import type { EventRow } from './event-row.js'

/**
 * What an event says, in 32 bits: two events with one id and different fingerprints are two events.
 * Only what its sender wrote counts, as it is stored; not when it came, who sent it, and how often.
 */
export function fingerprintOf({ event_type, event_name, origin, path, query, properties }: EventRow): number {
  return crc32(`${event_type}\n${event_name}\n${origin}\n${path}\n${query}\n${properties}`)
}

/** The same of a stored row. */
export const FINGERPRINT = String.raw`CRC32(concat(event_type, '\n', event_name, '\n', origin, '\n', path, '\n', query, '\n', properties))`
