import { Type } from '@sinclair/typebox'
import { GOAL_KINDS } from '../../control/goals/goal.js'
import { orNull, rowOf } from '../../http/api/answer-schemas.js'
import { defineReport, readRows } from './define-report.js'
import { MAX_LIMIT, oneOf } from './query-parameters.js'

// More than any worth has: what multiplying leaves behind them is none.
const PLACES = 4

const ROW = rowOf(
  {
    id: Type.String(),
    name: Type.String(),
    kind: oneOf(GOAL_KINDS),
    value: orNull(Type.Number(), 'What the goal is worth, in the unit of its owner.'),
  },
  {
    conversions: Type.Integer({ description: 'Visits in which it was reached.' }),
    visitors: Type.Integer({ description: 'Distinct visitors of these visits.' }),
    conversion_rate: Type.Number({ description: 'Percent of the visits.' }),
    total_value: Type.Number({ description: 'conversions times value; 0 without a value.' }),
  },
)

export const listGoals = defineReport({
  path: '/analytics/{id}/goals',
  operationId: 'listGoals',
  summary: 'The goals of the website and how often they were reached, oldest goal first',
  description: 'By the goals as they are now, also for the time before they were made.',
  isComparable: true,
  data: Type.Object({ goals: Type.Array(ROW) }),
  example: {
    goals: [
      {
        id: 'goal_abc123',
        name: 'Newsletter signup',
        kind: 'path',
        value: 2.5,
        conversions: 84,
        visitors: 81,
        conversion_rate: 4.9,
        total_value: 210,
      },
    ],
  },
  table: { row: ROW, read: (data) => (data as { goals: Record<string, unknown>[] }).goals },
  async answer(call) {
    const { reports, goals } = call.services
    const ofSite = await goals.listGoals(call.site.id)
    const rules = ofSite.map(({ rule }) => rule)
    // One page holds as many as a site may have.
    const { rows } = await readRows(
      { ...call, limit: MAX_LIMIT },
      {
        load: async (scope) =>
          (await reports.goals(scope, rules)).map((figures, index) => ({ goal: ofSite[index]!, ...figures })),
        keyOf: ({ goal }) => goal.id,
        nameOf: ({ goal: { id, name, rule, value } }) => ({ id, name, kind: rule.kind, value }),
        figuresOf: ({ goal, conversions, visitors, conversionRate }) => ({
          conversions,
          visitors,
          conversion_rate: conversionRate,
          total_value: Number((conversions * (goal.value ?? 0)).toFixed(PLACES)),
        }),
      },
    )
    return { data: { goals: rows } }
  },
})
