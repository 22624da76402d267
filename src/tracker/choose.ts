import { forget } from './identity.js'
import { acknowledge, outbox } from './outbox.js'
import { readPrivacy } from './read-privacy.js'
import { readRecord, record, writeRecord } from './record.js'
import { restore } from './restore.js'

/** Remembers a choice of the visitor, 4: consent, 5: opted out. A refusal deletes ids and the events that wait with them. */
export const choose = (slot: 4 | 5, value?: unknown): void => {
  readRecord()[slot] = value as never
  writeRecord(record)
  if (value && value != 'granted') {
    forget()
    restore()
    Object.keys(outbox).map(acknowledge)
  }
  readPrivacy()
}
