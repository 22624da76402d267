import type { ReportScope, ReportStore } from '../../reports/report-store.js'
import { createStoreClient } from './client.js'
import { queryErrorGroup, queryErrorGroups } from './queries/errors.js'
import { queryEventNames, queryEventProperties } from './queries/events.js'
import { queryGoals } from './queries/goals.js'
import { queryRanking, queryRevenue, querySummary, queryTimeline } from './queries/visit-metrics.js'
import { queryPages } from './queries/pages.js'
import { queryVisitor, queryVisitors } from './queries/visitors.js'
import { findRollupPeriod, type RollupScope } from './rollups/period.js'

interface ReportStoreOptions {
  /** The URL of the server, with user, password and database where it requires them. */
  url: string
  /** Maximum duration of one query. */
  timeoutMs?: number
  /** Whether rollups are used; otherwise every query reads the events. @default true */
  useRollups?: boolean
  /** @default MAX_COMMIT_DELAY_MS */
  commitDelayMs?: number
  /** The number of visits in the rollups of a report above which a sketch counts its visitors. */
  maxCountedExactly?: number
}

// A sketch is typically off by a third of a percent; an exact count of more takes too much time and memory.
const MAX_COUNTED_EXACTLY = 500_000

/** Opens the report store on the tables of the event store, which must exist. */
export function createClickhouseReportStore({
  url,
  timeoutMs,
  useRollups = true,
  commitDelayMs,
  maxCountedExactly = MAX_COUNTED_EXACTLY,
}: ReportStoreOptions): ReportStore & { close(): Promise<void> } {
  const client = createStoreClient({ url, purpose: 'reports', timeoutMs })

  const withRollups = async (scope: ReportScope): Promise<RollupScope> => {
    const rollups = useRollups ? await findRollupPeriod(client, scope, commitDelayMs) : undefined
    return { ...scope, rollups, isSketched: rollups !== undefined && rollups.visits > maxCountedExactly }
  }

  return {
    summary: async (scope) => querySummary(client, await withRollups(scope)),
    timeline: async (scope, starts) => queryTimeline(client, await withRollups(scope), starts),
    pages: async (scope, slice) => queryPages(client, await withRollups(scope), slice),
    ranking: async (scope, field, slice) =>
      queryRanking(client, { scope: await withRollups(scope), field, slice }),
    visitors: async (scope, slice) => queryVisitors(client, await withRollups(scope), slice),
    visitor: async (scope, visitorId) => queryVisitor(client, await withRollups(scope), visitorId),
    eventNames: async (scope, slice) => queryEventNames(client, await withRollups(scope), slice),
    eventProperties: async (scope, name, limit) =>
      queryEventProperties(client, { scope: await withRollups(scope), name, limit }),
    revenue: async (scope) => queryRevenue(client, await withRollups(scope)),
    goals: async (scope, rules) => queryGoals(client, await withRollups(scope), rules),
    errorGroups: (scope, slice) => queryErrorGroups(client, scope, slice),
    errorGroup: (siteId, fingerprint) => queryErrorGroup(client, siteId, fingerprint),
    close: () => client.close(),
  }
}
