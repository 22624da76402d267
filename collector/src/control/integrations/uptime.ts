import { type Static, Type } from '@sinclair/typebox'
import { field, oneOf, SITE_ID } from '../../http/fields.js'

interface UptimeReport {
  siteId: string
  isUp: boolean
  /**
   * Unix time in milliseconds when the status changed, or undefined if the monitor sent no time. A future
   * time is replaced by the current time.
   */
  at: number | undefined
}

const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/

function parseMoment(value: unknown): number | undefined {
  const moment = typeof value === 'string' && DATE_TIME.test(value) ? Date.parse(value) : NaN
  return Number.isNaN(moment) ? undefined : moment
}

/** The request body that an uptime monitor sends. `reason` is accepted but not stored. */
export const UPTIME_REPORT = Type.Object({
  site_id: SITE_ID,
  status: oneOf(['up', 'down']),
  at: Type.Optional(
    field<number>(Type.String({ description: 'When it happened, ISO 8601; now unless given.' }), {
      parse: parseMoment,
      reason: 'must be a date-time such as 2026-03-29T14:00:00Z',
    }),
  ),
  reason: Type.Optional(field<unknown>(Type.String(), { parse: (value) => value ?? '' })),
})

export function toUptimeReport(
  { site_id: siteId, status, at }: Static<typeof UPTIME_REPORT>,
  now: number,
): UptimeReport {
  return { siteId, isUp: status === 'up', at: at === undefined ? undefined : Math.min(at, now) }
}
