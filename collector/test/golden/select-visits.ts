import type { Period, ReportFilter } from '../../src/reports/report-store.js'
import type { PlannedEvent, PlannedVisit } from './visit-plan.js'

const isNamed = ({ type }: PlannedEvent) => type === 'custom' || type === 'goal'

/** The visits of a report as defined in docs/metrics.md: those that began in the period and match every filter. */
export function selectVisits(
  visits: readonly PlannedVisit[],
  period: Period,
  filters: readonly ReportFilter[],
): PlannedVisit[] {
  return visits
    .filter(({ events: [first] }) => first!.at >= period.from && first!.at < period.to)
    .filter((visit) => filters.every((filter) => fulfils(visit, filter)))
}

export function fulfils({ events }: PlannedVisit, filter: ReportFilter): boolean {
  if (filter.by === 'path')
    return events.some(({ type, path }) => type === 'pageview' && path === filter.value)
  if (filter.by === 'event') return events.some((event) => isNamed(event) && event.name === filter.value)
  if (filter.by === 'property')
    return events.some(
      (event) =>
        isNamed(event) &&
        Object.hasOwn(event.properties, filter.key) &&
        writeValue(event.properties[filter.key]!) === filter.value,
    )
  const [{ client, arrival }] = events as [PlannedEvent]
  return { ...client, ...arrival }[filter.field] === filter.value
}

/** A property value as reports show it: text unchanged, everything else as JSON. */
export function writeValue(value: string | number | boolean): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
