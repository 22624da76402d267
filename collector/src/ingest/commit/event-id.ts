/**
 * Who else may send an event with the same ID:
 *
 * - `public`: everybody, because the event arrived without an API key.
 * - `keyed`: only senders with an API key.
 * - `shared`: the browser, too. The event arrived with an API key and with `shared_id: true`.
 */
export type IdSpace = 'public' | 'keyed' | 'shared'

/** The IDs under which an event may be stored. */
export interface StoredIds {
  eventId: string
  /** The ID of the event if a different event is stored under `eventId`. */
  renamedId: string
}

// In capitals, because a fingerprint consists of digits and small letters: a sender could otherwise choose the
// content of an event so that its fingerprint is this mark.
const KEY_MARK = '~KEY'
/** The forms of IDs that {@link toStoredIds} returns. */
const IS_RESERVED = /~(?:KEY|[0-9a-z]{1,7})$/

/**
 * Returns the IDs under which an event may be stored.
 *
 * IDs of the space `keyed` get a mark that no ID of the other spaces ends with. An ID that a sender chose in a
 * reserved form gets the fingerprint of its event, so that nobody can take the ID of somebody else's event.
 *
 * @example
 * toStoredIds('order-7', 46655, 'public') // { eventId: 'order-7', renamedId: 'order-7~zzz' }
 * toStoredIds('order-7', 46655, 'keyed') // { eventId: 'order-7~KEY', renamedId: 'order-7~zzz~KEY' }
 * toStoredIds('order-7~KEY', 46655, 'public') // { eventId: 'order-7~KEY~zzz', … }
 */
export function toStoredIds(sentId: string, fingerprint: number, space: IdSpace): StoredIds {
  const ending = `~${fingerprint.toString(36)}`
  const mark = space === 'keyed' ? KEY_MARK : ''
  const id = IS_RESERVED.test(sentId) ? sentId + ending : sentId
  return { eventId: id + mark, renamedId: id + ending + mark }
}
