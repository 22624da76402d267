import type { GoalRule, PathRule } from '../../../control/goals/goal.js'
import { splitGlob } from '../../../control/goals/path-matcher.js'
import type { GoalMetrics } from '../../../reports/report-store.js'
import type { Ask } from '../client.js'
import type { RollupScope } from '../rollups/days.js'
import { percentageOf } from './metrics.js'
import { buildScopeSql, type ScopeSql, sessionsWith } from './scope.js'
import { LASTED_MS } from './visits.js'

/** How many visits of a scope reached each goal, in the order of `rules`; in one question. */
export async function queryGoals(
  ask: Ask,
  scope: RollupScope,
  rules: readonly GoalRule[],
): Promise<GoalMetrics[]> {
  if (rules.length === 0) return []
  const read = buildScopeSql(scope)
  const reached = rules.map((rule, index) => {
    const { condition, value } = describeRule(rule, `goal${index}`)
    read.params[`goal${index}`] = value
    return `${condition} AS reached${index}`
  })
  const sums = rules.map(
    (_, index) =>
      `countIf(reached${index}) AS conversions${index}, ${countVisitorsIf(read, `reached${index}`)} AS visitors${index}`,
  )
  const [row] = await ask<Record<string, number>>(
    `SELECT count() AS visits, ${sums.join(', ')} FROM (SELECT visitor, ${reached.join(', ')} FROM ${read.visits})`,
    read.params,
  )
  return rules.map((_, index) => {
    const conversions = row![`conversions${index}`]!
    return {
      conversions,
      visitors: row![`visitors${index}`]!,
      conversionRate: percentageOf(conversions, row!['visits']!),
    }
  })
}

/** Condition of the visits that reach a goal, and the value of its parameter. */
function describeRule(rule: GoalRule, name: string): { condition: string; value: string | number } {
  switch (rule.kind) {
    case 'path':
      return describePath(rule, name)
    case 'event':
      return {
        condition: sessionsWith(`event_type IN ('custom', 'goal') AND event_name = {${name}: String}`),
        value: rule.event,
      }
    case 'duration':
      return { condition: `${LASTED_MS} >= {${name}: Int64}`, value: rule.seconds * 1000 }
  }
}

function describePath({ match, path }: PathRule, name: string): { condition: string; value: string } {
  const pattern = `{${name}: String}`
  if (match === 'exact') return { condition: `arrayExists(step -> step.3 = ${pattern}, steps)`, value: path }
  if (match === 'prefix')
    return { condition: `arrayExists(step -> startsWith(step.3, ${pattern}), steps)`, value: path }
  return { condition: `arrayExists(step -> match(step.3, ${pattern}), steps)`, value: writeExpression(path) }
}

/** The regular expression of a glob. The engine's need a time in proportion to the length of the path, whatever they are. */
function writeExpression(glob: string): string {
  const parts = splitGlob(glob).map((part) =>
    part === '**' ? '.*' : part === '*' ? '[^/]*' : part.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`),
  )
  return `(?s)^${parts.join('')}$`
}

/** The aggregate function that counts visitors, of the rows that fulfil a condition. */
function countVisitorsIf({ countVisitors }: ScopeSql, condition: string): string {
  return countVisitors.replace('(', 'If(').replace('(visitor)', `(visitor, ${condition})`)
}
