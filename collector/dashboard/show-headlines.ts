import { findElement } from './find-element.js'
import { formatCount, formatDuration, formatPercent, orDash } from './format-values.js'
import type { Overview } from './load-report.js'

/** Shows the numbers at the top; dashes without visits. */
export function showHeadlines(overview?: Overview): void {
  const today = overview?.daily_stats.at(-1)
  const summary = overview?.summary
  const values = {
    'visitors-today': orDash(today?.total_visitors, formatCount),
    'pageviews-today': orDash(today?.page_views, formatCount),
    'visitors-30d': orDash(summary?.total_visitors, formatCount),
    'pageviews-30d': orDash(summary?.total_page_views, formatCount),
    'bounce-rate': orDash(summary?.bounce_rate, formatPercent),
    'engaged-rate': orDash(summary?.engaged_rate, formatPercent),
    'visit-duration': orDash(summary?.avg_visit_duration, formatDuration),
    'engaged-time': orDash(summary?.avg_engaged_time, formatDuration),
  }
  for (const [id, value] of Object.entries(values)) findElement(id).textContent = value
}
