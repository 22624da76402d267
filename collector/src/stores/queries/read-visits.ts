import type { SettledScope } from '../settled/settled-scope.js'
import { VISIT_COLUMNS, beganBetween, ofSessionsBetween, visitsBetween } from './visits.js'

// Of a longer gap the days around it are a small part.
const SHORT_GAP_MS = 3 * 24 * 60 * 60 * 1000

/** SQL of the visits of a scope's period, filters not regarded, and the values of its parameters. */
export function readVisits({ siteId, period, settled }: SettledScope): {
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
export function readVisitsOfParts({ siteId, period, settled }: SettledScope & { settled: object }): {
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

function readGaps(gaps: NonNullable<SettledScope['settled']>['gaps']): {
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
