import type { Change } from '../change-log.js'
import type { KeyReach } from '../keys/api-key.js'
import type { Goal, GoalFields } from './goal.js'

/** Stores goals, which are removed with their site. */
export interface GoalStore {
  /** Adds a goal; resolves to undefined when the site has the maximum number, or was removed. */
  addGoal(siteId: string, fields: GoalFields, change: Change): Promise<Goal | undefined>
  findGoal(id: string): Promise<Goal | undefined>
  /** Lists the oldest first. */
  listGoals(siteId: string): Promise<Goal[]>
  /** The goals of the sites that a key reaches. */
  listGoalsOf(reach: KeyReach): Promise<Goal[]>
  /** The goals of all sites. */
  listAllGoals(): Promise<Goal[]>
  /** Changes the given fields; resolves to undefined when there is no such goal. */
  updateGoal(id: string, changes: Partial<GoalFields>, change: Change): Promise<Goal | undefined>
  /** Resolves to false when there is no such goal. */
  removeGoal(id: string, change: Change): Promise<boolean>
}
