import type { ReportScope, ReportStore } from '../../reports/report-store.js'
import { createAsk } from './client.js'
import { queryErrorGroup, queryErrorGroups } from './queries/errors.js'
import { queryEventNames, queryEventProperties } from './queries/events.js'
import { queryGoals } from './queries/goals.js'
import { queryRanking, queryRevenue, querySummary, queryTimeline } from './queries/metrics.js'
import { queryPages } from './queries/pages.js'
import { queryVisitor, queryVisitors } from './queries/visitors.js'
import type { RollupScope } from './rollups/days.js'
import { findRollupPeriod } from './rollups/find-period.js'

interface ReportStoreOptions {
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

  const settle = async (scope: ReportScope): Promise<RollupScope> => {
    const settled = useSettled ? await findRollupPeriod(ask, scope, underWayMs) : undefined
    return { ...scope, settled, isSketched: settled !== undefined && settled.visits > maxCountedExactly }
  }

  return {
    summary: async (scope) => querySummary(ask, await settle(scope)),
    timeline: async (scope, starts) => queryTimeline(ask, await settle(scope), starts),
    pages: async (scope, slice) => queryPages(ask, await settle(scope), slice),
    ranking: async (scope, field, slice) => queryRanking(ask, { scope: await settle(scope), field, slice }),
    visitors: async (scope, slice) => queryVisitors(ask, await settle(scope), slice),
    visitor: async (scope, visitorId) => queryVisitor(ask, await settle(scope), visitorId),
    eventNames: async (scope, slice) => queryEventNames(ask, await settle(scope), slice),
    eventProperties: async (scope, name, limit) =>
      queryEventProperties(ask, { scope: await settle(scope), name, limit }),
    revenue: async (scope) => queryRevenue(ask, await settle(scope)),
    goals: async (scope, rules) => queryGoals(ask, await settle(scope), rules),
    errorGroups: (scope, slice) => queryErrorGroups(ask, scope, slice),
    errorGroup: (siteId, fingerprint) => queryErrorGroup(ask, siteId, fingerprint),
    close,
  }
}
