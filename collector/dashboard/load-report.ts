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
    /** Percent; null where engagement is unknown. */
    engaged_rate: number | null
    /** Seconds; null where engagement is unknown. */
    avg_engaged_time: number | null
  }
  /** Oldest first, today last. */
  daily_stats: DayRow[]
}

export interface PageRow {
  url: string
  views: number
  visitors: number
  /** Percent; null where it is unknown. */
  scroll_depth: number | null
  /** Seconds; null where it is unknown. */
  avg_time: number | null
}

export interface EventRow {
  name: string
  count: number
  visitors: number
}

export interface PropertyValue {
  value: string
  count: number
  visitors: number
}

export interface SearchRow {
  term: string
  searches: number
  visitors: number
}

export interface ErrorGroup {
  type: string
  message: string
  status: string
  occurrence_count: number
  affected_users_count: number
}

/** The figures of a metric; null with too few samples. */
export interface VitalFigures {
  p75: number | null
  good: number | null
  needs_improvement: number | null
  poor: number | null
}

/** The names of the metrics in the External API. */
export type Vital = 'lcp' | 'inp' | 'cls' | 'fcp' | 'ttfb'

/** What the tracker captures, which needs more requests and changes slowly. */
export interface Captured {
  searches: SearchRow[]
  /** URLs of clicked links to other sites. */
  links: PropertyValue[]
  /** URLs of downloaded files. */
  downloads: PropertyValue[]
  vitals: Record<Vital, VitalFigures>
  errors: ErrorGroup[]
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
export function loadWebsites(access: Access): Promise<Website[]> {
  return loadData('websites', access)
}

const PERIOD = '?range=30d'

async function loadData<Data>(path: string, access: Access): Promise<Data> {
  return (await requestJson<{ data: Data }>(`${API}/${path}`, access)).data
}

/** Loads the last 30 days of a site. */
export async function loadReport(siteId: string, access: Access): Promise<Report> {
  const site = `analytics/${encodeURIComponent(siteId)}`
  const [overview, { pages }, { events }] = await Promise.all([
    loadData<Overview>(`${site}${PERIOD}`, access),
    loadData<{ pages: PageRow[] }>(`${site}/pages${PERIOD}`, access),
    loadData<{ events: EventRow[] }>(`${site}/events${PERIOD}`, access),
  ])
  return { overview, pages, events }
}

/** Loads what was captured on a site in the last 30 days. */
export async function loadCaptured(siteId: string, access: Access): Promise<Captured> {
  const id = encodeURIComponent(siteId)
  const loadUrls = async (event: string): Promise<PropertyValue[]> => {
    const { properties } = await loadData<{ properties: { key: string; values: PropertyValue[] }[] }>(
      `analytics/${id}/events/${event}${PERIOD}`,
      access,
    )
    return properties.find(({ key }) => key === 'url')?.values ?? []
  }
  const [{ searches }, links, downloads, { total }, { error_groups }] = await Promise.all([
    loadData<{ searches: SearchRow[] }>(`analytics/${id}/searches${PERIOD}`, access),
    loadUrls('outbound_click'),
    loadUrls('file_download'),
    loadData<{ total: Captured['vitals'] }>(`analytics/${id}/vitals${PERIOD}&limit=1`, access),
    loadData<{ error_groups: ErrorGroup[] }>(`errors/${id}/groups${PERIOD}&limit=10`, access),
  ])
  return { searches, links, downloads, vitals: total, errors: error_groups }
}
