import type { KeyReach } from './keys/api-key.js'

/** Actor and time of a change. */
export interface Change {
  /** Id of the API key; null for the collector itself and its command line. */
  actor: string | null
  /** ms since the epoch. */
  at: number
}

/** Resource types in this log. Changes of webhooks are kept with their attempts. */
export const CHANGED_TYPES = ['alert', 'goal', 'key'] as const
export type ChangedType = (typeof CHANGED_TYPES)[number]

/** An entry of the change log. It is kept for 30 days, also after its subject was removed. */
export interface ChangeEntry extends Change {
  /** The ID of the entry; IDs are ascending. */
  id: number
  type: ChangedType
  action: 'created' | 'changed' | 'removed'
  /** Id of the alert, goal or key. */
  subjectId: string
  /** The name of the subject; for `changed`, the previous one. */
  name: string
  accountId: string
  /** The site of the subject; null for all sites of its account. */
  siteId: string | null
  /** Wire names of the fields set by `changed`; otherwise null. */
  fields: string[] | null
}

interface ChangeQuestion extends KeyReach {
  type: ChangedType
  /** Whether to include changes for all sites of the account. */
  isAccountWide: boolean
  /** Selects only entries with smaller IDs, for the next page. */
  before?: number
  /** Maximum number of entries. */
  limit: number
}

/** Reads the change log, which the stores write in the transaction of the change. */
export interface ChangeLog {
  /** Lists the newest first. */
  listChanges(question: ChangeQuestion): Promise<ChangeEntry[]>
}
