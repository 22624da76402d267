import type { IngestEvent } from '../../src/contract/wire.js'
import { expect, test } from '../support/browser-fixtures.js'
import { trackedPage, VARIANTS } from '../support/test-pages.js'

declare global {
  interface Window {
    /** The bodies of the tracker's requests. */
    bodies: string[]
  }
}

const MAX_BODY_BYTES = 400
/** Length of the user agent of Chromium on Linux, which is most of the body. */
const USER_AGENT_LENGTH = 111
const TITLE = 'A title of 20 signs.'
const URL_LENGTH = 30

const IDS = 1_000
const MIN_RANDOM_BITS = 128
const MAX_RANDOM_LENGTH = 28

/** Answers events in the page: a thousand requests would take seconds. */
const ANSWER_IN_PAGE = `<script>{
  const request = fetch.bind(window)
  window.bodies = []
  window.fetch = (url, init) => {
    if (!String(url).includes('/e/')) return request(url, init)
    bodies.push(init.body)
    return Promise.resolve(new Response('{"success":true}', { headers: { 'content-type': 'application/json' } }))
  }
}</script>`

/** Random bits of IDs, by the size of their alphabet and their length. */
function countBits(ids: string[]): number {
  const alphabet = new Set(ids.join(''))
  const averageLength = ids.join('').length / ids.length
  return Math.log2(alphabet.size) * averageLength
}

/** Positions at which all IDs have the same character. */
function findConstants(ids: string[]): number[] {
  const shortest = Math.min(...ids.map(({ length }) => length))
  return Array.from({ length: shortest }, (_, position) => position).filter(
    (position) => new Set(ids.map((id) => id[position])).size === 1,
  )
}

for (const variant of VARIANTS) {
  test(`${variant}: sends a pageview in at most ${MAX_BODY_BYTES} bytes`, async ({
    tab,
    servers,
    site,
    collector,
  }) => {
    const path = '/shop'.padEnd(URL_LENGTH - site.url.length, 's')
    const home = site.addPage(path, trackedPage(servers, { variant, title: TITLE }))
    expect([TITLE.length, home.length]).toEqual([20, URL_LENGTH])
    await tab.goto(home)
    await collector.until(() => collector.pageviews().length === 1)

    expect(collector.pageviews()[0]).toMatchObject({ title: TITLE, url: home, referrer: '' })
    const userAgent = await tab.evaluate(() => navigator.userAgent)
    const more = Math.max(0, userAgent.length - USER_AGENT_LENGTH)
    expect(Buffer.byteLength(collector.posts()[0]!.body)).toBeLessThanOrEqual(MAX_BODY_BYTES + more)
  })

  test(`${variant}: gives ${IDS} visitors, sessions and events different IDs, the first two with ${MIN_RANDOM_BITS} random bits in at most ${MAX_RANDOM_LENGTH} characters`, async ({
    tab,
    servers,
    site,
  }) => {
    await tab.goto(site.addPage('/', trackedPage(servers, { variant, auto: false, head: ANSWER_IN_PAGE })))
    await tab.evaluate(async (count) => {
      const { port1, port2 } = new MessageChannel()
      for (let number = 0; number < count; number++) {
        window.tracker.reset()
        window.tracker.track('visit')
        // Each in a separate task, because all events of one task are sent together.
        await new Promise((resolve) => {
          port1.onmessage = resolve
          port2.postMessage(0)
        })
      }
      port1.close()
    }, IDS)
    const bodies = await tab.evaluate(() => window.bodies)

    const events = bodies.flatMap((body) => JSON.parse(body) as IngestEvent[]).filter(({ retry }) => !retry)
    for (const field of ['visitor_id', 'session_id', 'event_id'] as const)
      expect(new Set(events.map((event) => event[field])).size, `different values of ${field}`).toBe(IDS)
    for (const field of ['visitor_id', 'session_id'] as const) {
      const ids = events.map((event) => event[field]!)
      expect(Math.max(...ids.map(({ length }) => length)), field).toBeLessThanOrEqual(MAX_RANDOM_LENGTH)
      expect(countBits(ids), `random bits of ${field}`).toBeGreaterThanOrEqual(MIN_RANDOM_BITS)
      expect(findConstants(ids), `constant positions of ${field}`).toEqual([])
    }
    // The time, 64 random bits of the page, and the number of the event in it.
    const parts = events.map(({ event_id }) => /^\d{13}([\da-z]{8,14}?)(\d{1,3})$/.exec(event_id!))
    expect(parts.filter((part) => !part)).toEqual([])
  })
}
