import { createPageLink, fillTable } from './fill-table.js'
import { formatCount, formatMilliseconds, formatPercent, orDash } from './format-values.js'
import type { Captured, ErrorGroup, PropertyValue, SearchRow, Vital, VitalFigures } from './load-report.js'

const VITAL_NAMES: Record<Vital, string> = {
  lcp: 'Largest contentful paint (LCP)',
  inp: 'Interaction to next paint (INP)',
  cls: 'Cumulative layout shift (CLS)',
  fcp: 'First contentful paint (FCP)',
  ttfb: 'Time to first byte (TTFB)',
}

/** Shows searches, links, downloads, web vitals and errors. */
export function showCaptured({ searches, links, downloads, vitals, errors }: Captured): void {
  showSearches(searches)
  showUrls('links', links)
  showUrls('downloads', downloads)
  showVitals(vitals)
  showErrors(errors)
}

function showSearches(searches: SearchRow[]): void {
  const most = Math.max(...searches.map((row) => row.searches))
  fillTable('searches', searches, (row) => ({
    head: row.term,
    cells: [formatCount(row.searches), formatCount(row.visitors)],
    share: row.searches / most,
  }))
}

function showUrls(table: 'links' | 'downloads', urls: PropertyValue[]): void {
  const most = Math.max(...urls.map(({ count }) => count))
  fillTable(table, urls, ({ value, count, visitors }) => ({
    head: createPageLink(value, { withHost: true }),
    cells: [formatCount(count), formatCount(visitors)],
    share: count / most,
  }))
}

function showVitals(vitals: Captured['vitals']): void {
  const measured = (Object.keys(VITAL_NAMES) as Vital[])
    .map((vital) => ({ vital, ...vitals[vital] }))
    .filter(({ p75 }) => p75 !== null)
  fillTable('vitals', measured, (row) => ({
    head: VITAL_NAMES[row.vital],
    cells: [
      orDash(row.p75, row.vital === 'cls' ? String : formatMilliseconds),
      createRating(row),
      orDash(row.good, formatPercent),
      orDash(row.needs_improvement, formatPercent),
      orDash(row.poor, formatPercent),
    ],
  }))
}

/**
 * The rating of the 75th percentile. It is good if three quarters of the samples are, and poor if more than a quarter
 * are, so that the page need not know the thresholds.
 */
function createRating({ good, poor }: VitalFigures): HTMLElement {
  const element = document.createElement('span')
  const [rating, text] =
    (good ?? 0) >= 75
      ? ['good', 'Good']
      : (poor ?? 0) > 25
        ? ['poor', 'Poor']
        : ['needs-improvement', 'Needs improvement']
  element.className = `rating ${rating}`
  element.textContent = text
  return element
}

function showErrors(errors: ErrorGroup[]): void {
  fillTable('errors', errors, (group) => ({
    head: group.type && group.message ? `${group.type}: ${group.message}` : group.type || group.message,
    cells: [group.status, formatCount(group.occurrence_count), formatCount(group.affected_users_count)],
  }))
}
