import { requestJson } from './request-json.js'

/** A site in the External API. These types have only the fields that the page uses. */
export interface Website {
  id: string
  domain: string
  name: string
  tracking_code: string
}

export interface DayRow {
  /** `YYYY-MM-DD` in the time zone of the site. */
  date: string
  total_visitors: number
  page_views: number
}

export interface Overview {
  summary: {
    total_visitors: number
    total_page_views: number
    /** Percent; null without visits. */
    bounce_rate: number | null
    /** Seconds; null without visits. */
    avg_visit_duration: number | null
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

/** The data shown for one site. */
export interface Report {
  overview: Overview
  pages: PageRow[]
  events: EventRow[]
}

interface Access {
  key: string
  signal: AbortSignal
}

const API = 'api/external/v1'

/** Loads the sites that the key may read. */
export async function loadWebsites(access: Access): Promise<Website[]> {
  return (await requestJson<{ data: Website[] }>(`${API}/websites`, access)).data
}

/** Loads the last 30 days of a site. */
export async function loadReport(siteId: string, access: Access): Promise<Report> {
  const load = async <Data>(part: string) =>
    (
      await requestJson<{ data: Data }>(
        `${API}/analytics/${encodeURIComponent(siteId)}${part}?range=30d`,
        access,
      )
    ).data
  const [overview, { pages }, { events }] = await Promise.all([
    load<Overview>(''),
    load<{ pages: PageRow[] }>('/pages'),
    load<{ events: EventRow[] }>('/events'),
  ])
  return { overview, pages, events }
}
