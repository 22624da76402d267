import { Type } from '@sinclair/typebox'
import { GOAL_KINDS } from '../../control/goals/goal.js'
import { rowOf } from '../../http/api/answer-schemas.js'
import { oneOf, orNull } from '../../http/fields.js'
import { defineReport, loadRows } from './define-report.js'
import { MAX_LIMIT } from './query-parameters.js'

// Number of decimals in a total value. Rounding removes the floating-point error of the multiplication, and
// no goal value has more decimals.
const PLACES = 4

const ROW = rowOf(
  {
    id: Type.String(),
    name: Type.String(),
    kind: oneOf(GOAL_KINDS),
    value: orNull(Type.Number(), 'Worth of a conversion, in whatever unit you count.'),
  },
  {
    conversions: Type.Integer({ description: 'Visits that completed the goal.' }),
    visitors: Type.Integer({ description: 'Distinct visitors of these visits.' }),
    conversion_rate: orNull(Type.Number(), 'Percent of the visits; null without visits.'),
    total_value: Type.Number({ description: 'conversions × value; 0 without a value.' }),
  },
)

export const listGoals = defineReport({
  path: '/analytics/{id}/goals',
  operationId: 'listGoals',
  summary: 'List goals with their conversions, oldest goal first',
  description: 'Counts by the current rules, also for the time before a goal existed.',
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
    // A site has at most 50 goals, so one page contains all of them.
    const { rows } = await loadRows(
      { ...call, limit: MAX_LIMIT },
      {
        load: async (scope) =>
          (await reports.goals(scope, rules)).map((figures, index) => ({ goal: ofSite[index]!, ...figures })),
        keyOf: ({ goal }) => goal.id,
        nameOf: ({ goal: { id, name, rule, value } }) => ({ id, name, kind: rule.kind, value }),
        none: { conversions: 0, visitors: 0, conversion_rate: null, total_value: 0 },
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
