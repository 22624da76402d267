import { findElement } from './find-element.js'
import { formatCount, formatDuration, formatPercent } from './format-values.js'
import type { Overview } from './load-report.js'

/** Shows the six numbers at the top; dashes without visits. */
export function showHeadlines(overview?: Overview): void {
  const today = overview?.daily_stats.at(-1)
  const summary = overview?.summary
  const values = {
    'visitors-today': today && formatCount(today.total_visitors),
    'pageviews-today': today && formatCount(today.page_views),
    'visitors-30d': summary && formatCount(summary.total_visitors),
    'pageviews-30d': summary && formatCount(summary.total_page_views),
    'bounce-rate': summary && summary.bounce_rate !== null && formatPercent(summary.bounce_rate),
    'visit-duration':
      summary && summary.avg_visit_duration !== null && formatDuration(summary.avg_visit_duration),
  }
  for (const [id, value] of Object.entries(values)) findElement(id).textContent = value || '–'
}
