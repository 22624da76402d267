import type { ErrorGroupRow, ReportScope, Slice } from '../../../reports/report-store.js'
import type { QueryClient } from '../client.js'
import { eventsInPeriod } from './events-in-period.js'

// Matches the parts of an error message that a fingerprint ignores: quoted texts, UUIDs, hexadecimal IDs and
// numbers. Apostrophes within words are not treated as quotes.
const VARYING =
  String.raw`"[^"]*"|\B'[^']*'\B|` +
  '`[^`]*`' +
  String.raw`|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|\b(?:0x[0-9a-fA-F]+|[0-9a-fA-F]{8,})\b|\d+`

const ERRORS = `
  SELECT occurred_at, visitor_id,
    JSONExtractString(properties, 'message') AS message,
    if(JSONExtractString(properties, 'type') = '', event_name, JSONExtractString(properties, 'type')) AS type,
    lower(substring(hex(MD5(concat(type, '\\n', replaceRegexpAll(message, {varying: String}, '*')))), 1, 16)) AS fingerprint
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
    { ...params, ...slice, varying: VARYING },
  )
}

export async function queryErrorGroup(
  client: QueryClient,
  siteId: string,
  fingerprint: string,
): Promise<ErrorGroupRow | undefined> {
  const [row] = await client.select<ErrorGroupRow>(
    `SELECT ${GROUP_COLUMNS} FROM (${ERRORS} AND site_id = {siteId: String}) AS e WHERE fingerprint = {fingerprint: String} GROUP BY fingerprint`,
    { siteId, fingerprint, varying: VARYING },
  )
  return row
}
