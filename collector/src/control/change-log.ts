import type { KeyReach } from './keys/api-key.js'

/** The author and the time of a change. */
export interface Change {
  /** ID of the API key that made the change, or null if the collector itself or its command line made it. */
  actor: string | null
  /** Unix time in milliseconds. */
  at: number
}

/** Types of objects whose changes are logged here. Changes of webhooks are stored in a separate log. */
export const CHANGED_TYPES = ['alert', 'goal', 'key'] as const
export type ChangedType = (typeof CHANGED_TYPES)[number]

/** An entry of the change log. Entries are stored for 30 days, even if the changed object is removed. */
export interface ChangeEntry extends Change {
  /** ID of the entry. Newer entries have higher IDs. */
  id: number
  type: ChangedType
  action: 'created' | 'changed' | 'removed'
  /** ID of the changed alert, goal or API key. */
  subjectId: string
  /** Name of the object. For the action `changed`, this is the name before the change. */
  name: string
  accountId: string
  /** Site of the object, or null if the object belongs to all sites of its account. */
  siteId: string | null
  /** API names of the changed fields for the action `changed`, or null for other actions. */
  fields: string[] | null
}

interface ChangeQuestion extends KeyReach {
  type: ChangedType
  /** Whether to include changes of objects that belong to all sites of the account. */
  isAccountWide: boolean
  /** Selects only entries with lower IDs, to request the next page. */
  before?: number
  /** Maximum number of returned entries. */
  limit: number
}

/** Reads the change log. Log entries are written in the same transaction as the change. */
export interface ChangeLog {
  /** Lists entries of the change log, newest first. */
  listChanges(question: ChangeQuestion): Promise<ChangeEntry[]>
}
