import type {
  ErrorGroupDetails,
  ErrorGroupRow,
  ErrorOccurrence,
  NamedCount,
} from '../../../reports/error-group.js'
import type { ReportScope, Slice } from '../../../reports/report-store.js'
import type { QueryClient } from '../client.js'
import { FINGERPRINT, FINGERPRINT_COLUMNS } from './error-fingerprint.js'
import { eventsInPeriod } from './events-in-period.js'

const ERRORS = `
  SELECT occurred_at, visitor_id, event_id, origin, path, browser, os, device_type, country, properties,
    ${FINGERPRINT_COLUMNS},
    ${FINGERPRINT} AS fingerprint
  FROM events WHERE event_type = 'error'`

const GROUP_COLUMNS = `
  fingerprint,
  argMax(e.message, occurred_at) AS message,
  argMax(e.type, occurred_at) AS type,
  count() AS occurrences,
  uniqExact(visitor_id) AS users,
  toUnixTimestamp64Milli(min(occurred_at)) AS firstSeen,
  toUnixTimestamp64Milli(max(occurred_at)) AS lastSeen`

export function queryErrorGroups(
  client: QueryClient,
  scope: ReportScope,
  slice: Slice,
): Promise<ErrorGroupRow[]> {
  const { sql, params } = eventsInPeriod(scope)
  return client.select<ErrorGroupRow>(
    `SELECT ${GROUP_COLUMNS} FROM (${ERRORS} AND ${sql}) AS e
     GROUP BY fingerprint ORDER BY lastSeen DESC, fingerprint LIMIT {limit: UInt32} OFFSET {offset: UInt32}`,
    { ...params, ...slice },
  )
}

export async function queryErrorGroup(
  client: QueryClient,
  siteId: string,
  fingerprint: string,
): Promise<ErrorGroupRow | undefined> {
  const [row] = await client.select<ErrorGroupRow>(
    `SELECT ${GROUP_COLUMNS} FROM (${ERRORS} AND site_id = {siteId: String}) AS e WHERE fingerprint = {fingerprint: String} GROUP BY fingerprint`,
    { siteId, fingerprint },
  )
  return row
}

const NEWEST = 20
const MAX_NAMES = 10

export async function queryErrorGroupDetails(
  client: QueryClient,
  scope: ReportScope,
  { fingerprint, timeZone }: { fingerprint: string; timeZone: string },
): Promise<ErrorGroupDetails | undefined> {
  const { sql, params } = eventsInPeriod(scope)
  const inGroup = `FROM (${ERRORS} AND ${sql}) AS e WHERE fingerprint = {fingerprint: String}`
  const values = { ...params, fingerprint, timeZone }
  const countBy = (name: string, order: string) =>
    client.select<NamedCount>(
      `SELECT ${name} AS name, count() AS count ${inGroup} GROUP BY name ${order}`,
      values,
    )
  const mostFrequent = `ORDER BY count DESC, name LIMIT ${MAX_NAMES}`
  const [[group], newest, days, pages, browsers] = await Promise.all([
    client.select<ErrorGroupRow>(`SELECT ${GROUP_COLUMNS} ${inGroup} GROUP BY fingerprint`, values),
    client.select<ErrorOccurrence>(
      `SELECT toUnixTimestamp64Milli(occurred_at) AS occurredAt, type, message, concat(origin, path) AS url, browser, os, device_type AS deviceType, country, frames,
         JSONExtractString(properties, 'file') AS file, JSONExtractUInt(properties, 'line') AS line, JSONExtractUInt(properties, 'column') AS column,
         JSONExtractString(properties, 'cause') AS cause, CAST(JSONExtractBool(properties, 'handled'), 'Bool') AS handled
       ${inGroup} ORDER BY occurred_at DESC, event_id LIMIT ${NEWEST}`,
      values,
    ),
    countBy('toString(toDate(occurred_at, {timeZone: String}))', 'ORDER BY name'),
    countBy('concat(origin, path)', mostFrequent),
    countBy('browser', mostFrequent),
  ])
  return group && { group, newest, days, pages, browsers }
}
