import type { ReportScope, ReportStore } from '../../reports/report-store.js'
import { createStoreClient } from './client.js'
import { queryErrorGroup, queryErrorGroupDetails, queryErrorGroups } from './queries/errors.js'
import { queryEventNames, queryEventProperties } from './queries/events.js'
import { queryGoals } from './queries/goals.js'
import { queryRevenue } from './queries/revenue.js'
import { querySearches } from './queries/searches.js'
import { queryVitals } from './queries/vitals.js'
import { queryRanking, querySummary, queryTimeline } from './queries/visit-metrics.js'
import { queryPages } from './queries/pages.js'
import { queryVisitor, queryVisitors } from './queries/visitors.js'
import { findRollupPeriod, type RollupScope } from './rollups/period.js'
import type { StoreServer } from './store-server.js'

type ReportStoreOptions = StoreServer & {
  /** Maximum duration of one query in milliseconds. */
  timeoutMs?: number
  /** Whether to read rollups. If false, every query reads the events. @default true */
  useRollups?: boolean
  /** Maximum time between the receipt of an event and its commit. @default MAX_COMMIT_DELAY_MS */
  commitDelayMs?: number
  /**
   * Maximum number of rolled-up visits for which a report counts visitors exactly. For more visits, the count
   * is approximate.
   */
  maxCountedExactly?: number
}

// An exact count of more visits takes too much time and memory. The approximate count is typically off by a
// third of a percent.
const MAX_COUNTED_EXACTLY = 500_000

/** Opens the report store. The tables of the event store must already exist. */
export function createClickhouseReportStore({
  timeoutMs,
  useRollups = true,
  commitDelayMs,
  maxCountedExactly = MAX_COUNTED_EXACTLY,
  ...server
}: ReportStoreOptions): ReportStore & { close(): Promise<void> } {
  const client = createStoreClient({ ...server, purpose: 'reports', timeoutMs })

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
    errorGroupDetails: (scope, query) => queryErrorGroupDetails(client, scope, query),
    vitals: (scope, query) => queryVitals(client, scope, query),
    searches: async (scope, query) => querySearches(client, { ...query, scope: await withRollups(scope) }),
    close: () => client.close(),
  }
}
