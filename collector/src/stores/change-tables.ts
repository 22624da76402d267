import type { Generated } from 'kysely'
import type { ChangeEntry } from './change-log.js'

/** Table of who changed what, as the migrations leave it. */
export interface ChangeTables {
  /** No reference to anything: what was done stays known. */
  change_log: {
    id: Generated<number>
    type: ChangeEntry['type']
    action: ChangeEntry['action']
    subject_id: string
    name: string
    account_id: string
    site_id: string | null
    /** ms since the epoch. */
    at: number
    actor: string | null
    /** A JSON array. */
    fields: string | null
  }
}
