import type { ActivityStore } from '../../webhooks/events/activity-store.js'
import { createAsk, splitParameter } from './client.js'
import { queryEventsReceived } from './queries/events.js'
import { queryEndedSessions, querySessions } from './queries/sessions.js'
import { queryVisitorsById } from './queries/visitors.js'

const TIMEOUT_MS = 30_000

/** The watch store on the tables of the event store, which must be there. One question at a time, on one core: nobody waits for the answers. */
export function createClickhouseActivityStore({
  url,
}: {
  url: string
}): ActivityStore & { close(): Promise<void> } {
  const { ask, close } = createAsk({ url, timeoutMs: TIMEOUT_MS, questionsAtOnce: 1, threads: 1 })

  /** The answers for ids of which there may be more than fit into one question. */
  async function askInParts<Row>(
    ids: Iterable<string>,
    question: (part: string[]) => Promise<Row[]>,
  ): Promise<Row[]> {
    const rows: Row[] = []
    for (const part of splitParameter(ids)) for (const row of await question(part)) rows.push(row)
    return rows
  }

  return {
    eventsReceived: (question) => queryEventsReceived(ask, question),
    endedSessions: (question) => queryEndedSessions(ask, question),
    sessions: (siteId, sessionIds, since) =>
      askInParts(sessionIds, (part) =>
        querySessions(ask, { siteIds: [siteId], sessionIds: part, since, until: NEVER }),
      ),
    visitors: (siteId, visitorIds, period) =>
      askInParts(visitorIds, (part) => queryVisitorsById(ask, { siteId, visitorIds: part, period })),
    close,
  }
}

// Later than any event.
const NEVER = Date.UTC(2200, 0, 1)
