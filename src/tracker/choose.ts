import { forget } from './identity.js'
import { acknowledge, outbox } from './outbox.js'
import { readPrivacy } from './read-privacy.js'
import { record, writeRecord } from './record.js'
import { restore } from './restore.js'

/** Remembers a choice of the visitor, 0: consent, 1: opted out. A refusal deletes ids and the events that wait with them. */
export const choose = (slot: 0 | 1, value?: unknown): void => {
  readPrivacy()
  record[slot] = value as never
  writeRecord()
  if (value && value != 'granted') {
    forget()
    restore()
    Object.keys(outbox).map(acknowledge)
  }
}
