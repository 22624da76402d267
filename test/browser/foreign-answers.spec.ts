import type { ErrorCode } from '../../src/contract/error-codes.js'
import { readOutbox } from '../support/read-outbox.js'
import { emptyAnswer, htmlAnswer, jsonAnswer, refusal, StandIn, type Answer } from '../support/stand-in.js'
import { onceEach } from '../support/stored-site.js'
import { expect, test as base } from '../support/store-fixtures.js'
import { plainPage, SHORT_PAUSES, trackedPage, VARIANTS } from '../support/test-pages.js'

declare global {
  interface Window {
    /** How many requests the service worker has answered. */
    answered: number
  }
}

/** Answers that the collector does not give. */
const FOREIGN: [name: string, answer: Answer][] = [
  ['200 and HTML', htmlAnswer(200)],
  ['200 and an empty body', emptyAnswer(200)],
  ['200 and {}', jsonAnswer(200, {})],
  ['403 and HTML', htmlAnswer(403)],
  ['404 and HTML', htmlAnswer(404)],
  ['404 and other JSON', jsonAnswer(404, { message: 'Not Found' })],
  ['408', emptyAnswer(408)],
  ['425', emptyAnswer(425)],
]

const TEMPORARY: ErrorCode[] = ['RATE_LIMIT_EXCEEDED', 'INTERNAL_ERROR', 'STORE_UNAVAILABLE']
const FINAL: ErrorCode[] = [
  'VALIDATION_ERROR',
  'BOT_REJECTED',
  'ORIGIN_NOT_ALLOWED',
  'UNKNOWN_TRACKING_CODE',
  'PAYLOAD_TOO_LARGE',
]

const RETRIED: [name: string, answer: Answer][] = [
  ...FOREIGN,
  ...TEMPORARY.map((code): [string, Answer] => [code, refusal(code)]),
]

// The first retry comes 1.5 s after the request: by then, the collector answers again.
const EVEN_PAUSES = `<script>Math.random = () => 0.5</script>`

const TRACK_LEAVING = `<script>addEventListener('pagehide', () => tracker.track('left'))</script>`

/** Answers every event itself, until it gets a message. */
const WORKER = `
  let isPassing = false
  addEventListener('install', () => skipWaiting())
  addEventListener('activate', (event) => event.waitUntil(clients.claim()))
  addEventListener('message', () => { isPassing = true })
  addEventListener('fetch', (event) => {
    if (isPassing || event.request.method !== 'POST' || !event.request.url.includes('/e/')) return
    event.respondWith(new Response('ok'))
    event.waitUntil(clients.matchAll().then((tabs) => tabs.forEach((tab) => tab.postMessage('answered'))))
  })`
const COUNT_ANSWERED = `<script>
  window.answered = 0
  if (navigator.serviceWorker) navigator.serviceWorker.onmessage = () => { answered++ }
</script>`

const test = base.extend<{ standIn: StandIn }>({
  standIn: async ({ servers: _ }, use) => {
    const standIn = new StandIn()
    await use(standIn)
    await standIn.stop()
  },
})

for (const variant of VARIANTS) {
  for (const [name, answer] of RETRIED)
    test(`${variant}: keeps an event that is answered with ${name}, and stores it once when the collector answers again`, async ({
      tab,
      servers,
      site,
      collector,
      standIn,
      store,
    }) => {
      await tab.goto(site.addPage('/', trackedPage(servers, { variant, head: EVEN_PAUSES })))
      await collector.until(() => collector.pageviews().length === 1)
      await expect.poll(() => readOutbox(tab)).toEqual([])
      standIn.answer = answer
      await standIn.replace(collector)
      await tab.evaluate(() => window.tracker.track('step', { step: '0' }))
      await expect.poll(() => standIn.bodies).toHaveLength(1)
      await standIn.stop()
      await collector.up()

      await expect.poll(() => readOutbox(tab)).toEqual([])
      await expect.poll(() => store.countEvents('step', 'step'), { timeout: 5_000 }).toEqual(onceEach(1))
      expect(await store.countPageviews()).toEqual({ '/': 1 })
    })

  for (const code of FINAL)
    test.describe(`${variant}: a refusal with ${code}`, () => {
      test.use({ expectedMessages: new RegExp(`^zenovay: .*${code}`) })

      test('is final and logs one warning that names the code', async ({
        tab,
        servers,
        site,
        collector,
        standIn,
      }) => {
        const blank = site.addPage('/blank', plainPage(site))
        await tab.goto(
          site.addPage('/', trackedPage(servers, { variant, head: SHORT_PAUSES, body: TRACK_LEAVING })),
        )
        await collector.until(() => collector.pageviews().length === 1)
        await expect.poll(() => readOutbox(tab)).toEqual([])
        standIn.answer = refusal(code)
        await standIn.replace(collector)
        await tab.evaluate(() => window.tracker.track('refused'))
        await expect.poll(() => standIn.bodies).toHaveLength(1)
        await expect.poll(() => readOutbox(tab)).toEqual([])
        // A page that is left sends everything that waits.
        await tab.goto(blank)
        const names = () => standIn.events().map(({ event_name }) => event_name)
        await expect.poll(names).toContain('left')

        expect(names().filter((name) => name === 'refused')).toHaveLength(1)
        await expect.poll(() => site.messages.map(({ kind }) => kind)).toEqual(['warn'])
      })
    })

  test(`${variant}: keeps an event that a service worker answers itself, and stores it once`, async ({
    tab,
    servers,
    site,
    collector,
    store,
    browserName,
  }) => {
    test.skip(browserName === 'firefox', 'Firefox sends keep-alive requests past service workers')
    site.addPage('/worker.js', WORKER, { 'content-type': 'text/javascript' })
    const head = COUNT_ANSWERED + EVEN_PAUSES
    const home = site.addPage('/', trackedPage(servers, { variant, head }))
    const start = site.addPage('/start', '<!doctype html><title>Start</title>')
    await tab.goto(start)
    const isSupported = await tab.evaluate(async () => {
      if (!('serviceWorker' in navigator)) return false
      const claimed = new Promise((resolve) => (navigator.serviceWorker.oncontrollerchange = resolve))
      await navigator.serviceWorker.register('/worker.js')
      await claimed
      return true
    })
    test.skip(!isSupported, 'this browser has no service workers')
    await tab.goto(home)
    await expect.poll(() => tab.evaluate(() => window.answered)).toBeGreaterThan(0)
    expect(collector.posts()).toEqual([])
    await tab.evaluate(() => navigator.serviceWorker.controller!.postMessage('pass'))

    await expect.poll(() => readOutbox(tab)).toEqual([])
    await expect.poll(() => store.countPageviews(), { timeout: 5_000 }).toEqual({ '/': 1 })
  })
}
