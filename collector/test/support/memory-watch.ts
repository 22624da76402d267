import { SESSION_TIMEOUT_MS } from '@zenovay/tracker/contract'
import type { EventRow } from '../../src/ingest/event-row.js'
import type { VisitorRow } from '../../src/reports/report-store.js'
import type { EndedSession, SessionRow, ActivityStore } from '../../src/webhooks/events/activity-store.js'
import { groupBy } from '../golden/true-sums.js'

/** The activity store over rows in memory, with plain loops; a test scores its visitors. */
export function createMemoryWatch(
  rows: readonly EventRow[],
  score: (siteId: string, visitorId: string) => VisitorRow | undefined = () => undefined,
): ActivityStore & { questions: number } {
  const sessionsOf = (some: readonly EventRow[]) => [
    ...groupBy(some, ({ site_id, session_id }) => `${site_id} ${session_id}`).values(),
  ]
  const store: ActivityStore & { questions: number } = {
    questions: 0,
    eventsReceived: async ({ siteIds, from, until, after, limit }) =>
      rows
        .filter((row) => siteIds.includes(row.site_id) && row.received_at >= from && row.received_at <= until)
        .map((row) => ({ ...row, hash: rows.indexOf(row) }))
        .sort((a, b) => a.received_at - b.received_at || a.hash - b.hash)
        .filter(
          (row) =>
            !after ||
            row.received_at > after.received_at ||
            (row.received_at === after.received_at && row.hash > after.hash),
        )
        .slice(0, limit),
    async endedSessions({ siteIds, from, until, after, limit }) {
      store.questions++
      const window = rows.filter(
        (row) =>
          siteIds.includes(row.site_id) &&
          row.received_at >= from &&
          row.received_at <= until + SESSION_TIMEOUT_MS,
      )
      const ended = sessionsOf(window)
        .map((events) => ({
          siteId: events[0]!.site_id,
          sessionId: events[0]!.session_id,
          lastReceivedAt: Math.max(...events.map((row) => row.received_at)),
        }))
        .filter(({ lastReceivedAt }) => lastReceivedAt > from && lastReceivedAt <= until)
        .sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1))
        .filter((session) => !after || placeOf(session) > placeOf(after))
        .slice(0, limit)
        .map(({ siteId, sessionId, lastReceivedAt }): EndedSession => {
          const its = rows.filter(
            (row) =>
              row.site_id === siteId && row.session_id === sessionId && row.received_at <= lastReceivedAt,
          )
          return { ...describe(its), lastReceivedAt }
        })
      return { sessions: ended, end: ended.length === limit ? ended.at(-1) : undefined }
    },
    async sessions(siteId, sessionIds, since) {
      const ids = new Set(sessionIds)
      return sessionsOf(
        rows.filter((row) => row.site_id === siteId && ids.has(row.session_id) && row.occurred_at >= since),
      ).map(describe)
    },
    visitors: async (siteId, visitorIds) => [...visitorIds].flatMap((id) => score(siteId, id) ?? []),
  }
  return store
}

const placeOf = ({
  lastReceivedAt,
  siteId,
  sessionId,
}: Pick<EndedSession, 'lastReceivedAt' | 'siteId' | 'sessionId'>) =>
  `${String(lastReceivedAt).padStart(15, '0')} ${siteId} ${sessionId}`

function describe(events: readonly EventRow[]): SessionRow {
  const inOrder = events.toSorted((a, b) => a.occurred_at - b.occurred_at)
  const pages = inOrder.filter(({ event_type }) => event_type === 'pageview')
  const [first] = inOrder as [EventRow]
  return {
    siteId: first.site_id,
    sessionId: first.session_id,
    startedAt: first.occurred_at,
    endedAt: inOrder.at(-1)!.occurred_at,
    pages: pages.length,
    entryPath: pages[0]?.path ?? '',
    exitPath: pages.at(-1)?.path ?? '',
  }
}
