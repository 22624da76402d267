import type { Fault } from '@zenovay/tracker/contract'

/** What a monitor says of a site. */
interface UptimeReport {
  siteId: string
  isUp: boolean
  /** When it changed, ms since the epoch, and not later than now; undefined when the monitor does not say. */
  at: number | undefined
}

const FIELDS = ['site_id', 'status', 'at', 'reason']
const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/

/** Reads a report by the names on the wire; `reason` may be said, and is not kept. Either the report or every fault. */
export function parseUptimeReport(
  body: unknown,
  now: number,
): { report: UptimeReport } | { faults: Fault[] } {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return { faults: [{ field: 'body', reason: 'must be a JSON object' }] }
  const { site_id: siteId, status, at } = body as Record<string, unknown>
  const moment = typeof at === 'string' && DATE_TIME.test(at) ? Date.parse(at) : NaN
  const faults: Fault[] = []
  if (typeof siteId !== 'string') faults.push({ field: 'site_id', reason: 'must be the id of a site' })
  if (status !== 'up' && status !== 'down') faults.push({ field: 'status', reason: 'must be up or down' })
  if (at !== undefined && Number.isNaN(moment))
    faults.push({ field: 'at', reason: 'must be a date-time such as 2026-03-29T14:00:00Z' })
  for (const field of Object.keys(body))
    if (!FIELDS.includes(field))
      faults.push({ field: field.slice(0, 100), reason: `is none of ${FIELDS.join(', ')}` })
  if (faults.length > 0) return { faults }
  return {
    report: {
      siteId: siteId as string,
      isUp: status === 'up',
      at: at === undefined ? undefined : Math.min(moment, now),
    },
  }
}
