import { createAsk } from './create-ask.js'
import { askErrorGroup, askErrorGroups } from './queries/ask-errors.js'
import { askEventNames, askEventProperties } from './queries/ask-events.js'
import { askGoals } from './queries/ask-goals.js'
import { askPages } from './queries/ask-pages.js'
import { askRanking } from './queries/ask-ranking.js'
import { askRevenue } from './queries/ask-revenue.js'
import { askSummary } from './queries/ask-summary.js'
import { askTimeline } from './queries/ask-timeline.js'
import { askVisitor, askVisitors } from './queries/ask-visitors.js'
import type { ReportScope, ReportStore } from './report-store.js'
import { findSettledPeriod } from './settled/find-settled-period.js'
import type { SettledScope } from './settled/settled-scope.js'

export interface ReportStoreOptions {
  /** With user, password and database where the server wants them. */
  url: string
  /** Longest time of one question, in milliseconds. */
  timeoutMs?: number
  /** Whether settled days are used; without them every question is answered from the events. @default true */
  useSettled?: boolean
  /** @default UNDER_WAY_MS */
  underWayMs?: number
  /** With more settled visits in a report, a sketch counts its visitors. */
  maxCountedExactly?: number
}

// What the engine has is 2 GB, of which the ingest needs its part: these questions wait for each other.
const QUESTIONS_AT_ONCE = 4
// A sketch is off by a third of a percent, typically; to count exactly among more takes too long and too much memory.
const MAX_COUNTED_EXACTLY = 500_000

/** The report store on the tables of the event store, which must be there. */
export function createClickhouseReportStore({
  url,
  timeoutMs = 30_000,
  useSettled = true,
  underWayMs,
  maxCountedExactly = MAX_COUNTED_EXACTLY,
}: ReportStoreOptions): ReportStore & { close(): Promise<void> } {
  const { ask, close } = createAsk({ url, timeoutMs, questionsAtOnce: QUESTIONS_AT_ONCE })

  const settle = async (scope: ReportScope): Promise<SettledScope> => {
    const settled = useSettled ? await findSettledPeriod(ask, scope, underWayMs) : undefined
    return { ...scope, settled, isSketched: settled !== undefined && settled.visits > maxCountedExactly }
  }

  return {
    summary: async (scope) => askSummary(ask, await settle(scope)),
    timeline: async (scope, starts) => askTimeline(ask, await settle(scope), starts),
    pages: async (scope, slice) => askPages(ask, await settle(scope), slice),
    ranking: async (scope, field, slice) => askRanking(ask, { scope: await settle(scope), field, slice }),
    visitors: async (scope, slice) => askVisitors(ask, await settle(scope), slice),
    visitor: async (scope, visitorId) => askVisitor(ask, await settle(scope), visitorId),
    eventNames: async (scope, slice) => askEventNames(ask, await settle(scope), slice),
    eventProperties: async (scope, name, limit) =>
      askEventProperties(ask, { scope: await settle(scope), name, limit }),
    revenue: async (scope) => askRevenue(ask, await settle(scope)),
    goals: async (scope, rules) => askGoals(ask, await settle(scope), rules),
    errorGroups: (scope, slice) => askErrorGroups(ask, scope, slice),
    errorGroup: (siteId, fingerprint) => askErrorGroup(ask, siteId, fingerprint),
    close,
  }
}
