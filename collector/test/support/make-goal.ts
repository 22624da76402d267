import { createGoalCache, type GoalCache } from '../../src/control/goals/goal-cache.js'
import type { Goal, GoalRule } from '../../src/control/goals/goal.js'

/** A goal of the site of `makeRow`, created long before its events. */
export function makeGoal(rule: GoalRule, fields: Partial<Goal> = {}): Goal {
  return {
    id: 'goal_1',
    siteId: 'ws_1',
    name: 'A goal',
    value: null,
    createdAt: 0,
    ruledAt: 0,
    ...fields,
    rule,
  }
}

/** A cache of these goals. */
export async function openGoalBook(...goals: Goal[]): Promise<GoalCache> {
  const book = createGoalCache({ listAllGoals: async () => goals })
  await book.load()
  return book
}
