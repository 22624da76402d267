import type { EventRow, Overview, PageRow, Report, Website } from './external-api.js'
import { requestJson } from './request-json.js'

interface Access {
  key: string
  signal: AbortSignal
}

const API = 'api/external/v1'

/** The sites that the key may read. */
export async function loadWebsites(access: Access): Promise<Website[]> {
  return (await requestJson<{ data: Website[] }>(`${API}/websites`, access)).data
}

/** The last 30 days of a site. */
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
