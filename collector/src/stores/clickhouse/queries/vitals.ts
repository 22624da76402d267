import {
  type ReportScope,
  type Slice,
  type Vital,
  type VitalFigures,
  VITALS,
  type VitalsDimension,
  type VitalsRow,
} from '../../../reports/report-store.js'
import type { QueryClient } from '../client.js'
import { eventsInPeriod } from './events-in-period.js'

/** Upper bounds of the ratings good and needs improvement, from https://web.dev/articles/vitals. */
const THRESHOLDS: Record<Vital, readonly [good: number, needsImprovement: number]> = {
  lcp: [2_500, 4_000],
  inp: [200, 500],
  cls: [0.1, 0.25],
  fcp: [1_800, 3_000],
  ttfb: [800, 1_800],
}

// Browsers measure no greater values: an hour, and a layout that shifts wholly a thousand times.
const HOUR_MS = 3_600_000
const MAX_CLS = 1_000

const DIMENSIONS: Record<VitalsDimension, string> = {
  page: 'concat(origin, path)',
  device: 'device_type',
  country: 'country',
  browser: 'browser',
  navigation: "JSONExtractString(properties, 'navigation_type')",
}

const valueOf = (vital: Vital) => {
  const value = `JSONExtractFloat(properties, '${vital}')`
  const isNumber = `JSONType(properties, '${vital}') IN ('Int64', 'UInt64', 'Double')`
  return `if(${isNumber} AND ${value} BETWEEN 0 AND ${vital === 'cls' ? MAX_CLS : HOUR_MS}, ${value}, NULL)`
}

const figuresOf = (vital: Vital, place: number) => {
  const [good, needsImprovement] = THRESHOLDS[vital]
  const value = `values.${place}`
  return `count(${value}) AS ${vital}_samples, ifNull(quantileExact(0.75)(${value}), 0) AS ${vital}_p75,
    countIf(${value} <= ${good}) AS ${vital}_good, countIf(${value} > ${needsImprovement}) AS ${vital}_poor`
}

/**
 * Queries the vitals of the period by a dimension. A page sends the vitals of a navigation again after they changed: of
 * the events with the same `view` and `nav`, only the newest counts.
 */
export async function queryVitals(
  client: QueryClient,
  scope: ReportScope,
  { by, slice }: { by: VitalsDimension | undefined; slice: Slice },
): Promise<VitalsRow[]> {
  const { sql, params } = eventsInPeriod(scope)
  const rows = await client.select<{ name: string; navigations: number } & Record<string, number>>(
    `SELECT name, count() AS navigations, ${VITALS.map((vital, index) => figuresOf(vital, index + 1)).join(', ')}
     FROM (
       SELECT argMax((${by ? DIMENSIONS[by] : "''"}, ${VITALS.map(valueOf).join(', ')}), (occurred_at, received_at)) AS newest,
         newest.1 AS name, (${VITALS.map((_, index) => `newest.${index + 2}`).join(', ')}) AS values
       FROM events WHERE event_type = 'performance' AND ${sql}
       GROUP BY if(JSONExtractString(properties, 'view') = '', event_id, JSONExtractString(properties, 'view')), JSONExtractRaw(properties, 'nav')
     ) GROUP BY name ORDER BY navigations DESC, name LIMIT {limit: UInt32} OFFSET {offset: UInt32}`,
    { ...params, ...slice },
  )
  return rows.map(({ name, navigations, ...figures }) => ({
    name,
    navigations,
    ...(Object.fromEntries(VITALS.map((vital) => [vital, readFigures(figures, vital)])) as Record<
      Vital,
      VitalFigures
    >),
  }))
}

function readFigures(figures: Record<string, number>, vital: Vital): VitalFigures {
  const [samples, p75, good, poor] = ['samples', 'p75', 'good', 'poor'].map(
    (name) => figures[`${vital}_${name}`]!,
  ) as [number, number, number, number]
  return { samples, p75, good, needsImprovement: samples - good - poor, poor }
}
