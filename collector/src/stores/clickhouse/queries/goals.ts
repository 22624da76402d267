import type { GoalRule, PathRule } from '../../../control/goals/goal.js'
import { splitGlob } from '../../../control/goals/path-matcher.js'
import type { GoalMetrics } from '../../../reports/report-store.js'
import type { QueryClient } from '../client.js'
import type { RollupScope } from '../rollups/period.js'
import { percentageOf } from './visit-metrics.js'
import { visitsWith } from './visit-parts.js'
import { buildScopeSql } from './visits.js'

/** Computes the metrics of all goals with one query. Resolves to the metrics in the order of `rules`. */
export async function queryGoals(
  client: QueryClient,
  scope: RollupScope,
  rules: readonly GoalRule[],
): Promise<GoalMetrics[]> {
  if (rules.length === 0) return []
  const { visits, countVisitors, params } = buildScopeSql(scope)
  const reached = rules.map((rule, index) => {
    const { condition, value } = buildRuleSql(rule, `goal${index}`)
    params[`goal${index}`] = value
    return `${condition} AS reached${index}`
  })
  const sums = rules.map(
    (_, index) =>
      `countIf(reached${index}) AS conversions${index}, ${countVisitors(`reached${index}`)} AS visitors${index}`,
  )
  const [row] = await client.select<Record<string, number>>(
    `SELECT count() AS visits, ${sums.join(', ')} FROM (SELECT visitor, ${reached.join(', ')} FROM ${visits})`,
    params,
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

/**
 * Builds the condition for visits that completed a goal. Returns the condition and the value of its
 * parameter.
 */
function buildRuleSql(rule: GoalRule, name: string): { condition: string; value: string | number } {
  switch (rule.kind) {
    case 'path':
      return buildPathSql(rule, name)
    case 'event':
      return {
        condition: visitsWith(`event_type IN ('custom', 'goal') AND event_name = {${name}: String}`),
        value: rule.event,
      }
    case 'duration':
      return { condition: `lasted_ms >= {${name}: Int64}`, value: rule.seconds * 1000 }
  }
}

function buildPathSql({ match, path }: PathRule, name: string): { condition: string; value: string } {
  const pattern = `{${name}: String}`
  if (match === 'exact') return { condition: `arrayExists(step -> step.3 = ${pattern}, steps)`, value: path }
  if (match === 'prefix')
    return { condition: `arrayExists(step -> startsWith(step.3, ${pattern}), steps)`, value: path }
  return { condition: `arrayExists(step -> match(step.3, ${pattern}), steps)`, value: globToRegExp(path) }
}

/** Converts a glob to a regular expression. The engine uses RE2, which matches any pattern in linear time. */
function globToRegExp(glob: string): string {
  const parts = splitGlob(glob).map((part) =>
    part === '**' ? '.*' : part === '*' ? '[^/]*' : part.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`),
  )
  return `(?s)^${parts.join('')}$`
}
