import type { Selectable } from 'kysely'
import type { GoalStore } from '../../control/goals/goal-store.js'
import { accountBoundError, MAX_GOALS_OF_ACCOUNT } from '../../control/account-bounds.js'
import { type Goal, type GoalRule, MAX_GOALS_OF_SITE } from '../../control/goals/goal.js'
import { logChangeOfSite } from './changes.js'
import { randomText } from './random-text.js'
import type { ControlDatabase, ControlTables } from './tables.js'
import { insertionOrder, runExclusively } from './dialect.js'

export function createGoalStore(db: ControlDatabase): GoalStore {
  const findGoal = async (id: string) => {
    const row = await db.selectFrom('goals').selectAll().where('id', '=', id).executeTakeFirst()
    return row && toGoal(row)
  }
  const listGoals = async (of: { siteId?: string; accountId?: string } = {}) => {
    const rows = await db
      .selectFrom('goals')
      .innerJoin('sites', 'sites.id', 'goals.site_id')
      .selectAll('goals')
      .$if(of.siteId !== undefined, (query) => query.where('goals.site_id', '=', of.siteId!))
      .$if(of.accountId !== undefined, (query) => query.where('sites.account_id', '=', of.accountId!))
      .orderBy('goals.created_at')
      .orderBy(insertionOrder('goals'))
      .execute()
    return rows.map(toGoal)
  }
  return {
    addGoal: (siteId, { name, rule, value }, change) =>
      runExclusively(db, async (connection) => {
        const site = await connection
          .selectFrom('sites')
          .select('account_id')
          .where('id', '=', siteId)
          .executeTakeFirst()
        const { goals } = await connection
          .selectFrom('goals')
          .select((eb) => eb.fn.countAll<number>().as('goals'))
          .where('site_id', '=', siteId)
          .executeTakeFirstOrThrow()
        if (!site || Number(goals) >= MAX_GOALS_OF_SITE) return undefined
        const { ofAccount } = await connection
          .selectFrom('goals')
          .innerJoin('sites', 'sites.id', 'goals.site_id')
          .select((eb) => eb.fn.countAll<number>().as('ofAccount'))
          .where('sites.account_id', '=', site.account_id)
          .executeTakeFirstOrThrow()
        if (Number(ofAccount) >= MAX_GOALS_OF_ACCOUNT)
          throw accountBoundError('site_id', 'goals', MAX_GOALS_OF_ACCOUNT)
        const row = {
          id: `goal_${randomText(12).toLowerCase()}`,
          site_id: siteId,
          name,
          rule: JSON.stringify(rule),
          value,
          created_at: change.at,
          ruled_at: change.at,
        }
        await connection.insertInto('goals').values(row).execute()
        await logChangeOfSite(connection, {
          type: 'goal',
          action: 'created',
          subjectId: row.id,
          name,
          siteId,
          ...change,
        })
        return toGoal(row)
      }),
    findGoal,
    listGoals: (siteId) => listGoals({ siteId }),
    listGoalsOf: ({ accountId, siteId }) => listGoals({ accountId, ...(siteId !== null && { siteId }) }),
    listAllGoals: () => listGoals(),
    updateGoal: (id, { name, rule, value }, change) =>
      runExclusively(db, async (connection) => {
        const before = await connection
          .selectFrom('goals')
          .selectAll()
          .where('id', '=', id)
          .executeTakeFirst()
        if (!before) return undefined
        const changed = {
          ...(name !== undefined && { name }),
          ...(value !== undefined && { value }),
          ...(rule !== undefined && { rule: JSON.stringify(rule) }),
        }
        const row = { ...before, ...changed }
        // Keep `ruled_at` if the update contains the same rule again.
        if (row.rule !== before.rule) row.ruled_at = change.at
        await connection.updateTable('goals').set(row).where('id', '=', id).execute()
        await logChangeOfSite(connection, {
          type: 'goal',
          action: 'changed',
          subjectId: id,
          name: before.name,
          siteId: before.site_id,
          fields: Object.keys(changed),
          ...change,
        })
        return toGoal(row)
      }),
    removeGoal: (id, change) =>
      runExclusively(db, async (connection) => {
        const removed = await connection
          .deleteFrom('goals')
          .where('id', '=', id)
          .returning(['name', 'site_id'])
          .executeTakeFirst()
        if (removed)
          await logChangeOfSite(connection, {
            type: 'goal',
            action: 'removed',
            subjectId: id,
            name: removed.name,
            siteId: removed.site_id,
            ...change,
          })
        return removed !== undefined
      }),
  }
}

function toGoal({
  id,
  site_id,
  name,
  rule,
  value,
  created_at,
  ruled_at,
}: Selectable<ControlTables['goals']>): Goal {
  return {
    id,
    siteId: site_id,
    name,
    rule: JSON.parse(rule) as GoalRule,
    value,
    createdAt: created_at,
    ruledAt: ruled_at,
  }
}
