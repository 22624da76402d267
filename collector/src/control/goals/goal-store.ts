import type { Change } from '../change-log.js'
import type { KeyReach } from '../keys/api-key.js'
import type { Goal, GoalFields } from './goal.js'

/** Stores goals. Removing a site also removes its goals. */
export interface GoalStore {
  /**
   * Adds a goal. Resolves to undefined if the site already has the maximum number of goals, or was removed.
   * Rejects with `VALIDATION_ERROR` if its account has `MAX_GOALS_OF_ACCOUNT` goals.
   */
  addGoal(siteId: string, fields: GoalFields, change: Change): Promise<Goal | undefined>
  findGoal(id: string): Promise<Goal | undefined>
  /** Lists the goals of a site, oldest first. */
  listGoals(siteId: string): Promise<Goal[]>
  /** Lists the goals of all sites that an API key can access. */
  listGoalsOf(reach: KeyReach): Promise<Goal[]>
  /** Lists the goals of all sites. */
  listAllGoals(): Promise<Goal[]>
  /** Changes only the given fields. Resolves to undefined if the goal does not exist. */
  updateGoal(id: string, changes: Partial<GoalFields>, change: Change): Promise<Goal | undefined>
  /** Resolves to false if the goal does not exist. */
  removeGoal(id: string, change: Change): Promise<boolean>
}
