import type { MarkName } from './mark-store.js'

/** Tables of the goals, as the migrations leave them. Times are ms since the epoch. */
export interface GoalTables {
  /** `rule` is JSON of a `GoalRule`. */
  goals: {
    id: string
    site_id: string
    name: string
    rule: string
    value: number | null
    created_at: number
    ruled_at: number
  }
  marks: { name: MarkName; at: number }
}
