import type { SearchRow, Slice } from '../../../reports/report-store.js'
import type { QueryClient } from '../client.js'
import type { RollupScope } from '../rollups/period.js'
import { percentageOf } from './visit-metrics.js'
import { PLACE } from './visit-events.js'
import { EVENT_PART, EVENTS_AROUND, VISIT, VISIT_PARTS, visitsWith } from './visit-parts.js'
import { buildScopeSql } from './visits.js'

const MAX_TERM_LENGTH = 100

// Whitespace, control characters, and the invisible ones that change the direction of text or have no width.
const BLANKS = String.raw`[\\s\\p{Z}\\p{Cc}\\x{200B}\\x{200E}\\x{200F}\\x{202A}-\\x{202E}\\x{2060}-\\x{206F}\\x{FEFF}]+`

/**
 * Builds the expression for the term of an encoded value. Bytes that are not UTF-8 become U+FFFD, because an answer could
 * not contain them.
 */
const termOf = (value: string) =>
  `trimRight(substringUTF8(trimBoth(replaceRegexpAll(lowerUTF8(normalizeUTF8NFC(toValidUTF8(decodeURLFormComponent(${value})))), '${BLANKS}', ' ')), 1, ${MAX_TERM_LENGTH}))`

/**
 * The term that the URL of a pageview searches for, or an empty string. The first parameter of the list that has a term
 * counts, and of several with the same name the first.
 */
const TERM = `arrayFirst(term -> term != '', arrayMap(pair -> ${termOf('pair.2')}, arraySort(pair -> pair.1, arrayFilter(pair -> pair.1 > 0,
  arrayMap(text -> (indexOf({parameters: Array(String)}, decodeURLFormComponent(substringIndex(text, '=', 1))), substring(text, position(text, '=') + 1)),
    arrayFilter(text -> position(text, '=') > 0, splitByChar('&', query)))))))`

const PAGEVIEWS = `${EVENTS_AROUND} AND event_type = 'pageview'`
const IS_SEARCH = `event_type = 'pageview' AND position(query, '=') > 0 AND ${TERM} != ''`

/**
 * Queries what visitors searched for. Pageviews of a visit that follow each other with the same term, such as further
 * pages of the results, are one search.
 */
export async function querySearches(
  client: QueryClient,
  { scope, parameters, slice }: { scope: RollupScope; parameters: readonly string[]; slice: Slice },
): Promise<SearchRow[]> {
  const { visits, countVisitors, params } = buildScopeSql(scope)
  const rows = await client.select<Omit<SearchRow, 'exitRate'> & { exits: number }>(
    `SELECT term, countIf(term != before) AS searches, ${countVisitors()} AS visitors, uniqExact(visit) AS visits, countIf(nth = length(terms)) AS exits
     FROM (
       SELECT v.visit AS visit, any(v.visitor) AS visitor, arraySort(groupArray((e.place, e.term))).2 AS terms
       FROM (SELECT ${EVENT_PART} AS part, ${PLACE} AS place, ${TERM} AS term FROM events AS e WHERE ${PAGEVIEWS}) AS e
       INNER JOIN (SELECT ${VISIT} AS visit, visitor, arrayJoin(arrayDistinct(${VISIT_PARTS})) AS part FROM ${visits} WHERE ${visitsWith(IS_SEARCH)}) AS v ON v.part = e.part
       GROUP BY visit
     ) ARRAY JOIN terms AS term, arrayPushFront(arrayPopBack(terms), '') AS before, arrayEnumerate(terms) AS nth
     WHERE term != '' GROUP BY term ORDER BY searches DESC, term LIMIT {limit: UInt32} OFFSET {offset: UInt32}`,
    { ...params, ...slice, parameters },
  )
  return rows.map(({ exits, ...row }) => ({ ...row, exitRate: percentageOf(exits, row.visits)! }))
}
