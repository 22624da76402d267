import { createPageLink } from './create-page-link.js'
import type { DayRow, EventRow, PageRow, Report } from './external-api.js'
import { fillTable } from './fill-table.js'
import { formatCount, formatDay } from './format-values.js'

/** Top pages, events, and the days of the chart. */
export function showTables({ overview, pages, events }: Report): void {
  showPages(pages)
  showEvents(events)
  showDays(overview.daily_stats)
}

function showPages(pages: PageRow[]): void {
  const most = Math.max(...pages.map(({ views }) => views))
  // The host is said only where there are several to tell apart.
  const withHost = new Set(pages.map(({ url }) => URL.canParse(url) && new URL(url).host)).size > 1
  fillTable('top-pages', pages, ({ url, views, visitors }) => ({
    head: createPageLink(url, { withHost }),
    cells: [formatCount(views), formatCount(visitors)],
    part: views / most,
  }))
}

function showEvents(events: EventRow[]): void {
  const most = Math.max(...events.map(({ count }) => count))
  fillTable('events', events, ({ name, count, visitors }) => ({
    head: name,
    cells: [formatCount(count), formatCount(visitors)],
    part: count / most,
  }))
}

function showDays(days: DayRow[]): void {
  fillTable('days', [...days].reverse(), ({ date, total_visitors, page_views }) => ({
    head: formatDay(date),
    cells: [formatCount(total_visitors), formatCount(page_views)],
  }))
}
