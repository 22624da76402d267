import type { KeyReach } from './keys/api-key.js'

/** Who changes something, and when. */
export interface Change {
  /** Id of the API key; null for the collector itself and its command line. */
  actor: string | null
  /** ms since the epoch. */
  at: number
}

/** What has its changes here; webhooks have theirs beside their attempts. */
export const CHANGED_TYPES = ['alert', 'goal', 'key'] as const
export type ChangedType = (typeof CHANGED_TYPES)[number]

/** A change that was made; kept for 30 days, also after what it is about is gone. */
export interface ChangeEntry extends Change {
  /** Ascending: later entries have greater ones. */
  id: number
  type: ChangedType
  action: 'created' | 'changed' | 'removed'
  /** Id of the alert, goal or key. */
  subjectId: string
  /** Its name, of `changed` the one before. */
  name: string
  accountId: string
  /** Null when it is for all of its account. */
  siteId: string | null
  /** Which fields were set, by their names on the wire, of `changed`; else null. */
  fields: string[] | null
}

interface ChangeQuestion extends KeyReach {
  type: ChangedType
  /** With a site: also what is for all of its account. */
  isAccountWide: boolean
  /** Only entries with smaller ids: the next page. */
  before?: number
  /** Most entries. */
  limit: number
}

/** Who changed what. It is written by the stores of what is changed, in the same transaction. */
export interface ChangeLog {
  /** Newest first. */
  listChanges(question: ChangeQuestion): Promise<ChangeEntry[]>
}
