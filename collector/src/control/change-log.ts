import type { KeyReach } from './keys/api-key.js'

/** Who changes something, and when. */
export interface Change {
  /** Id of the API key; null for the collector itself and its command line. */
  actor: string | null
  /** ms since the epoch. */
  at: number
}

/** Resource types in this log. Changes of webhooks are kept with their attempts. */
export const CHANGED_TYPES = ['alert', 'goal', 'key'] as const
export type ChangedType = (typeof CHANGED_TYPES)[number]

/** Kept for 30 days, also after its subject was removed. */
export interface ChangeEntry extends Change {
  /** Ascending. */
  id: number
  type: ChangedType
  action: 'created' | 'changed' | 'removed'
  /** Id of the alert, goal or key. */
  subjectId: string
  /** Its name; for `changed` the previous one. */
  name: string
  accountId: string
  /** Null for all sites of its account. */
  siteId: string | null
  /** Names of the set fields on the wire, for `changed`; else null. */
  fields: string[] | null
}

interface ChangeQuestion extends KeyReach {
  type: ChangedType
  /** Whether to include changes for all sites of the account. */
  isAccountWide: boolean
  /** Only entries with smaller IDs, for the next page. */
  before?: number
  /** Most entries. */
  limit: number
}

/** Reads the change log, which the stores write in the transaction of the change. */
export interface ChangeLog {
  /** Newest first. */
  listChanges(question: ChangeQuestion): Promise<ChangeEntry[]>
}
