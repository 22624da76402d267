import type { ActivityStore } from '../../webhooks/events/activity-store.js'
import { createStoreClient, splitParameter } from './client.js'
import { queryEventsReceived } from './queries/events.js'
import { queryEndedSessions, querySessions } from './queries/sessions.js'
import { queryVisitorsById } from './queries/visitors.js'
import type { StoreServer } from './store-server.js'

// A time in the far future, used as the end of a period that has no end.
const NEVER = Date.UTC(2200, 0, 1)

/**
 * Opens the store from which webhooks read events, sessions and visitors. The tables of the event store must
 * already exist.
 */
export function createClickhouseActivityStore(
  server: StoreServer,
): ActivityStore & { close(): Promise<void> } {
  const client = createStoreClient({ ...server, purpose: 'activity' })

  /**
   * Runs a query in several parts if the IDs do not fit into one statement, and returns the rows of all
   * parts.
   */
  async function selectInParts<Row>(
    ids: Iterable<string>,
    query: (part: string[]) => Promise<Row[]>,
  ): Promise<Row[]> {
    const rows: Row[] = []
    for (const part of splitParameter(ids)) for (const row of await query(part)) rows.push(row)
    return rows
  }

  return {
    eventsReceived: (question) => queryEventsReceived(client, question),
    endedSessions: (question) => queryEndedSessions(client, question),
    sessions: (siteId, sessionIds, since) =>
      selectInParts(sessionIds, (part) =>
        querySessions(client, { siteIds: [siteId], sessionIds: part, since, until: NEVER }),
      ),
    visitors: (siteId, visitorIds, period) =>
      selectInParts(visitorIds, (part) => queryVisitorsById(client, { siteId, visitorIds: part, period })),
    close: () => client.close(),
  }
}
