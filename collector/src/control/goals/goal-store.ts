import type { Change } from '../change-log.js'
import type { KeyReach } from '../keys/api-key.js'
import type { Goal, GoalFields } from './goal.js'

/** Stores goals, which are removed with their site. */
export interface GoalStore {
  /** Adds a goal; undefined when the site has the maximum number, or was removed. */
  addGoal(siteId: string, fields: GoalFields, change: Change): Promise<Goal | undefined>
  findGoal(id: string): Promise<Goal | undefined>
  /** Oldest first. */
  listGoals(siteId: string): Promise<Goal[]>
  /** The goals of the sites that a key reaches. */
  listGoalsOf(reach: KeyReach): Promise<Goal[]>
  /** The goals of all sites. */
  listAllGoals(): Promise<Goal[]>
  /** Changes the given fields; undefined when there is no such goal. */
  updateGoal(id: string, changes: Partial<GoalFields>, change: Change): Promise<Goal | undefined>
  /** False when there is no such goal. */
  removeGoal(id: string, change: Change): Promise<boolean>
}
