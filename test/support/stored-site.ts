import type { TestCollector } from '../../collector/test/support/start-test-collector.js'

type Site = TestCollector['site']

/** How often what is stored, by a name of it. */
export type Counts = Record<string, number>

let clients = 0

/** One site of a real collector: takes bodies of test pages, and counts what is stored of them. */
export class StoredSite {
  readonly #collector: TestCollector
  readonly #site: Site

  constructor(collector: TestCollector, site: Site) {
    this.#collector = collector
    this.#site = site
  }

  /** Posts a body as another client each time: what one client may send is tested elsewhere. */
  post(body: string): Promise<Response> {
    const client = ++clients
    const address = `10.${(client >> 16) & 255}.${(client >> 8) & 255}.${client & 255}`
    // A driven Chromium calls itself headless, and bots are refused.
    const text = body.replaceAll('HeadlessChrome', 'Chrome')
    return this.#collector.post(text, {
      code: this.#site.trackingCode,
      headers: { 'x-forwarded-for': address },
    })
  }

  /** How often each event of a name is stored, by one of its properties. */
  countEvents(name: string, property: string): Promise<Counts> {
    return this.#count(`JSONExtractString(properties, '${property}')`, `event_name = '${name}'`)
  }

  /** How often each pageview is stored, by path and query. */
  countPageviews(): Promise<Counts> {
    return this.#count('concat(path, query)', `event_type = 'pageview'`)
  }

  async #count(what: string, condition: string): Promise<Counts> {
    const rows = await this.#collector.select<{ what: string; times: number }>(
      `SELECT ${what} AS what, toUInt32(count()) AS times FROM events WHERE site_id = '${this.#site.id}' AND ${condition} GROUP BY what`,
    )
    return Object.fromEntries(rows.map(({ what, times }) => [what, times]))
  }
}

/** What a store must hold of numbered events: each of the first `length` once. */
export function onceEach(length: number): Counts {
  return Object.fromEntries(Array.from({ length }, (_, number) => [`${number}`, 1]))
}
