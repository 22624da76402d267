import type { ReportScope, ReportStore } from '../../reports/report-store.js'
import { createAsk } from './client.js'
import { askErrorGroup, askErrorGroups } from './queries/errors.js'
import { askEventNames, askEventProperties } from './queries/events.js'
import { askGoals } from './queries/goals.js'
import { askRanking, askRevenue, askSummary, askTimeline } from './queries/metrics.js'
import { askPages } from './queries/pages.js'
import { askVisitor, askVisitors } from './queries/visitors.js'
import type { SettledScope } from './rollups/days.js'
import { findSettledPeriod } from './rollups/find-period.js'

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
