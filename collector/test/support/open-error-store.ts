import { randomUUID } from 'node:crypto'
import type { ReportScope, ReportStore } from '../../src/reports/report-store.js'
import { createClickhouseEventStore } from '../../src/stores/clickhouse/event-store.js'
import { createClickhouseReportStore } from '../../src/stores/clickhouse/report-store.js'
import { makeRow } from './make-row.js'
import { startTestEngine } from './start-test-engine.js'

export const DAY = Date.parse('2026-05-10T00:00:00Z')
export const DAY_MS = 86_400_000
export const ORIGIN = 'https://shop.example'
export const ALL = { limit: 1_000, offset: 0 }

/** An error as the tracker sends it. */
export interface Failure {
  /** @default 'TypeError' */
  type?: string
  /** @default 'm' */
  message?: string
  frames?: string[]
  fields?: Partial<Parameters<typeof makeRow>[0]>
}

export interface ErrorStore {
  reports: ReportStore
  /** Stores errors on a site of their own, an hour apart, and returns its scope. */
  store(...failures: Failure[]): Promise<ReportScope>
  countGroups(...failures: Failure[]): Promise<number>
  close(): Promise<void>
}

/** A store of errors with its own engine. */
export async function openErrorStore(): Promise<ErrorStore> {
  const engine = await startTestEngine()
  const events = await createClickhouseEventStore(engine)
  const reports = createClickhouseReportStore(engine)

  const opened: ErrorStore = {
    reports,
    async store(...failures) {
      const siteId = `ws_${randomUUID()}`
      const rows = failures.map(({ type = 'TypeError', message = 'm', frames = [], fields }, index) =>
        makeRow({
          site_id: siteId,
          event_type: 'error',
          origin: ORIGIN,
          occurred_at: DAY + index * 3_600_000,
          properties: JSON.stringify({
            type,
            message,
            ...Object.fromEntries(frames.map((frame, number) => [`frame_${number + 1}`, frame])),
          }),
          ...fields,
        }),
      )
      await events.insertEvents(rows, randomUUID())
      return { siteId, period: { from: DAY, to: DAY + 2 * DAY_MS }, filters: [] }
    },
    countGroups: async (...failures) =>
      (await reports.errorGroups(await opened.store(...failures), ALL)).length,
    async close() {
      await events.close()
      await reports.close()
      await engine.close()
    },
  }
  return opened
}
