import type { ErrorGroupRow, ReportScope, Slice } from '../../../reports/report-store.js'
import type { Ask } from '../client.js'
import { buildScopeSql, SESSION } from './scope.js'
import { EVENTS_AROUND } from './visits.js'

const DAY_MS = 24 * 60 * 60 * 1000

// Left out of a fingerprint: quoted texts (an apostrophe is no quote), UUIDs, hexadecimal ids and numbers.
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

export function queryErrorGroups(ask: Ask, scope: ReportScope, slice: Slice): Promise<ErrorGroupRow[]> {
  const { from, to } = scope.period
  // The visits in which errors of the period happened: some began before it.
  const { visits, params } = buildScopeSql({ ...scope, period: { from: from - DAY_MS, to } })
  const inScope = scope.filters.length === 0 ? '' : `AND ${SESSION} IN (SELECT ${SESSION} FROM ${visits})`
  return ask<ErrorGroupRow>(
    `SELECT ${GROUP_COLUMNS} FROM (${ERRORS} AND ${EVENTS_AROUND} ${inScope}) AS e
     WHERE occurred_at >= fromUnixTimestamp64Milli({since: Int64}) AND occurred_at < fromUnixTimestamp64Milli({to: Int64})
     GROUP BY fingerprint ORDER BY lastSeen DESC, fingerprint LIMIT {limit: UInt32} OFFSET {offset: UInt32}`,
    { ...params, ...slice, since: from, varying: VARYING },
  )
}

export async function queryErrorGroup(
  ask: Ask,
  siteId: string,
  fingerprint: string,
): Promise<ErrorGroupRow | undefined> {
  const [row] = await ask<ErrorGroupRow>(
    `SELECT ${GROUP_COLUMNS} FROM (${ERRORS} AND site_id = {siteId: String}) AS e WHERE fingerprint = {fingerprint: String} GROUP BY fingerprint`,
    { siteId, fingerprint, varying: VARYING },
  )
  return row
}
