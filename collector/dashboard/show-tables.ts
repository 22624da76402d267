import { createPageLink, fillTable } from './fill-table.js'
import { formatCount, formatDay, formatDuration, formatPercent, orDash } from './format-values.js'
import type { DayRow, EventRow, PageRow, Report } from './load-report.js'

/** Shows top pages, events, and the days of the chart. */
export function showTables({ overview, pages, events }: Report): void {
  showPages(pages)
  showEvents(events)
  showDays(overview.daily_stats)
}

function showPages(pages: PageRow[]): void {
  const most = Math.max(...pages.map(({ views }) => views))
  // Hosts are shown only when there are several.
  const withHost = new Set(pages.map(({ url }) => URL.canParse(url) && new URL(url).host)).size > 1
  fillTable('top-pages', pages, ({ url, views, visitors, scroll_depth, avg_time }) => ({
    head: createPageLink(url, { withHost }),
    cells: [
      formatCount(views),
      formatCount(visitors),
      orDash(scroll_depth, formatPercent),
      orDash(avg_time, formatDuration),
    ],
    share: views / most,
  }))
}

function showEvents(events: EventRow[]): void {
  const most = Math.max(...events.map(({ count }) => count))
  fillTable('events', events, ({ name, count, visitors }) => ({
    head: name,
    cells: [formatCount(count), formatCount(visitors)],
    share: count / most,
  }))
}

function showDays(days: DayRow[]): void {
  fillTable('days', [...days].reverse(), ({ date, total_visitors, page_views }) => ({
    head: formatDay(date),
    cells: [formatCount(total_visitors), formatCount(page_views)],
  }))
}
