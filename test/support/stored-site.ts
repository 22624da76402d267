import type { TestCollector } from '../../collector/test/support/start-test-collector.js'

type Site = TestCollector['site']

/** Number of stored events by some name. */
export type Counts = Record<string, number>

/** A group of errors as the External API lists it. */
export interface ErrorGroup {
  fingerprint: string
  type: string
  message: string
  occurrence_count: number
}

let clients = 0

/** One site of a real collector: stores the bodies of test pages, and counts stored events. */
export class StoredSite {
  readonly #collector: TestCollector
  readonly #site: Site
  readonly #apiKey: string

  constructor(collector: TestCollector, site: Site, apiKey: string) {
    this.#collector = collector
    this.#site = site
    this.#apiKey = apiKey
  }

  /** Posts each body as another client: the limits per client have separate tests. */
  post(body: string): Promise<Response> {
    const client = ++clients
    const address = `10.${(client >> 16) & 255}.${(client >> 8) & 255}.${client & 255}`
    // A driven Chromium calls itself headless, and bots are rejected.
    const text = body.replaceAll('HeadlessChrome', 'Chrome')
    return this.#collector.post(text, {
      code: this.#site.trackingCode,
      headers: { 'x-forwarded-for': address },
    })
  }

  /** Number of stored events of a name, by one of their properties. */
  countEvents(name: string, property: string): Promise<Counts> {
    return this.#count(`JSONExtractString(properties, '${property}')`, `event_name = '${name}'`)
  }

  /** Number of stored pageviews, by path and query. */
  countPageviews(): Promise<Counts> {
    return this.#count('concat(path, query)', `event_type = 'pageview'`)
  }

  async errorGroups(): Promise<ErrorGroup[]> {
    const path = `/api/external/v1/errors/${this.#site.id}/groups`
    const answer = await this.#collector.get(path, { 'x-api-key': this.#apiKey })
    const { data } = (await answer.json()) as { data: { error_groups: ErrorGroup[] } }
    return data.error_groups
  }

  async #count(what: string, condition: string): Promise<Counts> {
    const rows = await this.#collector.select<{ what: string; times: number }>(
      `SELECT ${what} AS what, toUInt32(count()) AS times FROM events WHERE site_id = '${this.#site.id}' AND ${condition} GROUP BY what`,
    )
    return Object.fromEntries(rows.map(({ what, times }) => [what, times]))
  }
}

/** The expected counts of numbered events: each of the first `length` once. */
export function onceEach(length: number): Counts {
  return Object.fromEntries(Array.from({ length }, (_, number) => [`${number}`, 1]))
}
