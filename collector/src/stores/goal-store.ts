import type { Goal, GoalFields } from '../goals/goal.js'
import type { KeyReach } from './control-store.js'

/** Where goals live; they go with their site. */
export interface GoalStore {
  /** Adds a goal made at `now` (ms since the epoch); undefined when the site has the most it may have, or is gone. */
  addGoal(siteId: string, fields: GoalFields, now: number): Promise<Goal | undefined>
  findGoal(id: string): Promise<Goal | undefined>
  /** Oldest first. */
  listGoals(siteId: string): Promise<Goal[]>
  /** Those of the sites that a key reaches. */
  listGoalsOf(reach: KeyReach): Promise<Goal[]>
  /** Those of every site. */
  listAllGoals(): Promise<Goal[]>
  /** Changes the named fields at `now` (ms since the epoch); undefined when there is no such goal. */
  updateGoal(id: string, changes: Partial<GoalFields>, now: number): Promise<Goal | undefined>
  /** False when there is none. */
  removeGoal(id: string): Promise<boolean>
}
