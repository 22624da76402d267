import type { ReportFilter } from '../../../reports/report-store.js'
import type { RollupScope } from '../rollups/days.js'
import { beganBetween, EVENTS_AROUND, ofSessionsBetween, VISIT_COLUMNS, visitsBetween } from './visits.js'

/** A sketch of visitors; its states are those of the table of pages. */
export const SKETCH = 'uniqCombined64(17)(visitor)'

// A session in a set, where the ids themselves take several times the memory. Two ids of one report have the same hash less than once in a million reports.
export const SESSION = 'cityHash64(session_id)'

/** SQL of the visits of a scope, a subquery in parentheses, and the values of its parameters. */
export interface ScopeSql {
  visits: string
  /** The aggregate function that counts the visitors of such visits. */
  countVisitors: string
  params: Record<string, unknown>
}

/** The visits of the period that fulfil every filter, with the columns of `visitsBetween`. */
export function buildScopeSql(scope: RollupScope): ScopeSql {
  const { sql, params } = buildVisitsSql(scope)
  const conditions = scope.filters.map((filter, index) => {
    params[`value${index}`] = filter.value
    if (filter.by === 'field') params[`field${index}`] = filter.field
    if (filter.by === 'property') params[`key${index}`] = filter.key
    return describeFilter(filter, index)
  })
  return {
    visits:
      conditions.length === 0 ? `(${sql})` : `(SELECT * FROM (${sql}) WHERE ${conditions.join(' AND ')})`,
    countVisitors: scope.isSketched ? SKETCH : 'uniqExact(visitor)',
    params,
  }
}

/** Condition of the events of a kind that happened in the visits of a scope. */
export function inVisits({ visits }: ScopeSql, kind: string): string {
  // Visits with such events are few: the engine remembers no others.
  return `${EVENTS_AROUND} AND ${kind} AND ${SESSION} IN (SELECT ${SESSION} FROM ${visits} WHERE ${sessionsWith(kind)})`
}

/** Condition of the visits, or of the events, of sessions in which an event of a kind happened. */
export function sessionsWith(kind: string): string {
  return `${SESSION} IN (SELECT ${SESSION} FROM events WHERE ${EVENTS_AROUND} AND ${kind})`
}

function describeFilter(filter: ReportFilter, index: number): string {
  const value = `{value${index}: String}`
  switch (filter.by) {
    case 'field':
      return `{field${index}: Identifier} = ${value}`
    case 'path':
      return sessionsWith(`event_type = 'pageview' AND path = ${value}`)
    case 'event':
      return sessionsWith(`event_type IN ('custom', 'goal') AND event_name = ${value}`)
    case 'property': {
      const key = `{key${index}: String}`
      return sessionsWith(
        `event_type IN ('custom', 'goal') AND JSONHas(properties, ${key}) AND ${plainText(`JSONExtractRaw(properties, ${key})`)} = ${value}`,
      )
    }
  }
}

/** The value of a property as text: a string without its quotes, anything else as JSON writes it; the engine leaves out the plus of 1e+21. */
export function plainText(json: string): string {
  return String.raw`if(startsWith(${json}, '"'), JSONExtractString(${json}), replaceRegexpOne(${json}, 'e(\\d)', 'e+\\1'))`
}

// Of a longer gap the days around it are a small part.
const SHORT_GAP_MS = 3 * 24 * 60 * 60 * 1000

/** SQL of the visits of a scope's period, filters not regarded, and the values of its parameters. */
export function buildVisitsSql({ siteId, period, settled }: RollupScope): {
  sql: string
  params: Record<string, unknown>
} {
  const params = { siteId, from: period.from, to: period.to }
  if (!settled) return { sql: visitsBetween('from', 'to'), params }
  const rest = readGaps(settled.gaps)
  return {
    sql: [
      `SELECT ${VISIT_COLUMNS} FROM visits WHERE ${inBuilds('builds')} AND ${beganBetween('from', 'to')}`,
      ...rest.selects,
    ].join(' UNION ALL '),
    params: { ...params, ...rest.params, builds: [...settled.whole, ...settled.parts] },
  }
}

/** Those of them that did not begin on a day which lies in the period whole and is settled. */
export function buildPartialVisitsSql({ siteId, period, settled }: RollupScope & { settled: object }): {
  sql: string
  params: Record<string, unknown>
} {
  const rest = readGaps(settled.gaps)
  return {
    sql: [
      `SELECT ${VISIT_COLUMNS} FROM visits WHERE ${inBuilds('parts')} AND ${beganBetween('from', 'to')}`,
      ...rest.selects,
    ].join(' UNION ALL '),
    params: { siteId, from: period.from, to: period.to, ...rest.params, parts: settled.parts },
  }
}

/** Condition of the rows of a site's builds, named by their parameter; the days spare the engine the others. */
export function inBuilds(name: string): string {
  const dayOf = (moment: string) => `toDate(fromUnixTimestamp64Milli({${moment}: Int64}, 'UTC'))`
  return `site_id = {siteId: String} AND day >= ${dayOf('from')} AND day <= ${dayOf('to')} AND build IN {${name}: Array(UInt64)}`
}

function readGaps(gaps: NonNullable<RollupScope['settled']>['gaps']): {
  selects: string[]
  params: Record<string, unknown>
} {
  return {
    selects: gaps.map(({ from, to }, index) => {
      const names = [`gapFrom${index}`, `gapTo${index}`] as const
      return `SELECT ${VISIT_COLUMNS} FROM (${visitsBetween(...names, to - from <= SHORT_GAP_MS ? ofSessionsBetween(...names) : '')})`
    }),
    params: Object.fromEntries(
      gaps.flatMap(({ from, to }, index) => [
        [`gapFrom${index}`, from],
        [`gapTo${index}`, to],
      ]),
    ),
  }
}
