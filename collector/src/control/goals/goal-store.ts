import type { Change } from '../change-log.js'
import type { KeyReach } from '../keys/api-key.js'
import type { Goal, GoalFields } from './goal.js'

/** Where goals live; they go with their site. */
export interface GoalStore {
  /** Adds a goal; undefined when the site has the most it may have, or is gone. */
  addGoal(siteId: string, fields: GoalFields, change: Change): Promise<Goal | undefined>
  findGoal(id: string): Promise<Goal | undefined>
  /** Oldest first. */
  listGoals(siteId: string): Promise<Goal[]>
  /** Those of the sites that a key reaches. */
  listGoalsOf(reach: KeyReach): Promise<Goal[]>
  /** Those of every site. */
  listAllGoals(): Promise<Goal[]>
  /** Changes the named fields; undefined when there is no such goal. */
  updateGoal(id: string, changes: Partial<GoalFields>, change: Change): Promise<Goal | undefined>
  /** False when there is none. */
  removeGoal(id: string, change: Change): Promise<boolean>
}
