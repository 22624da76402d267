import type { DayRow } from './external-api.js'
import { findElement } from './find-element.js'
import { formatCount, formatDay } from './format-values.js'

/** Names the bars of the chart and, while the pointer is over a day, its numbers. */
export function showLegend(day?: DayRow): void {
  findElement('legend-day').textContent = day ? formatDay(day.date) : ''
  findElement('legend-visitors').textContent = day ? formatCount(day.total_visitors) : ''
  findElement('legend-pageviews').textContent = day ? formatCount(day.page_views) : ''
}
