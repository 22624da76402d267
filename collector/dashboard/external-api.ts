/** What the page reads of the External API's answers. */
export interface Website {
  id: string
  domain: string
  name: string
  tracking_code: string
}

export interface DayRow {
  /** `YYYY-MM-DD`, by the time zone of the site. */
  date: string
  total_visitors: number
  page_views: number
}

export interface Overview {
  summary: {
    total_visitors: number
    total_page_views: number
    /** Percent. */
    bounce_rate: number
    /** Seconds. */
    avg_visit_duration: number
  }
  /** Oldest first, today last. */
  daily_stats: DayRow[]
}

export interface PageRow {
  url: string
  views: number
  visitors: number
}

export interface EventRow {
  name: string
  count: number
  visitors: number
}

/** Everything shown of one site. */
export interface Report {
  overview: Overview
  pages: PageRow[]
  events: EventRow[]
}
