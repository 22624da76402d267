import { setTimeout as sleep } from 'node:timers/promises'
import type { IngestEvent } from '../../src/contract/wire.js'
import { expect, test } from '../support/browser-fixtures.js'
import type { RecordingCollector } from '../support/recording-collector.js'
import { plainPage, trackedPage } from '../support/test-pages.js'
import type { Tab } from '../support/tab.js'

const ENGAGED = { variant: 'script', capture: 'engagement' } as const
/** How far engaged time may be from the truth. */
const TOLERANCE_MS = 150
const LINK = '<a id="link" href="/next">Next</a>'

/** Before the tracker: the spec decides whether the page is visible and has the focus, as no driver can in every engine. */
const PUPPET = `<script>
  window.state = { hidden: false, focus: true, now: 0 }
  const now = performance.now.bind(performance)
  performance.now = () => now() + state.now
  Object.defineProperty(document, 'hidden', { get: () => state.hidden })
  document.hasFocus = () => state.focus
  window.change = (next, type, target = window) => {
    Object.assign(state, next)
    target.dispatchEvent(new Event(type))
  }
</script>`

declare global {
  interface Window {
    change: (next: object, type: string, target?: EventTarget) => void
  }
}

const engagements = (collector: RecordingCollector): IngestEvent[] =>
  collector.events().filter(({ event_type }) => event_type === 'engagement')
const engagedMs = (collector: RecordingCollector): number =>
  engagements(collector).reduce((sum, { properties }) => sum + Number(properties!['engaged_ms']), 0)

/** Waits until the file of capture has run. */
const untilCaptured = async (collector: RecordingCollector): Promise<void> => {
  await collector.until(() => collector.requests.some(({ path }) => path === '/capture.js'))
  await sleep(500)
}

/** Changes what the browser says of the page, and returns the time in the page. */
const change = (tab: Tab, next: object, type: string): Promise<number> =>
  tab.evaluate(
    ([next, type]) => {
      window.change(next, type, type === 'visibilitychange' ? document : window)
      return Date.now()
    },
    [next, type] as const,
  )

test('measures a visible page until it is left, and sends the pageview it belongs to', async ({
  tab,
  servers,
  site,
  collector,
}) => {
  site.addPage('/next', plainPage(site))
  const body = `${LINK}<script>document.hasFocus = () => true</script>`
  await tab.goto(site.addPage('/', trackedPage(servers, { ...ENGAGED, body })))
  await untilCaptured(collector)
  await sleep(1_000)
  await tab.click('#link')
  await collector.until(() => engagements(collector).length > 0)

  const [pageview] = collector.pageviews()
  const [event] = engagements(collector)
  expect(event).toMatchObject({
    url: `${site.url}/`,
    title: 'Test page',
    session_id: pageview!.session_id,
    properties: { view: pageview!.event_id, scroll: 100 },
  })
  const truth = Number(event!.event_id!.slice(0, 13)) - Number(pageview!.event_id!.slice(0, 13))
  expect(Math.abs(Number(event!.properties!['engaged_ms']) - truth)).toBeLessThan(TOLERANCE_MS)
})

test('measures a visit with hidden, blurred and iframe-focused stretches, and a sleep', async ({
  tab,
  servers,
  site,
  collector,
}) => {
  await tab.goto(site.addPage('/', trackedPage(servers, { ...ENGAGED, head: PUPPET })))
  await untilCaptured(collector)
  const start = Number(collector.pageviews()[0]!.event_id!.slice(0, 13))

  let truth = 0
  const blurred = await change(tab, { focus: false }, 'blur')
  truth += blurred - start
  await sleep(700)
  const focused = await change(tab, { focus: true }, 'focus')
  // Focus in an iframe.
  await change(tab, {}, 'blur')
  await sleep(800)
  const hidden = await change(tab, { hidden: true }, 'visibilitychange')
  truth += hidden - focused
  // An hour of sleep, and then the tab is shown.
  await sleep(300)
  await change(tab, { now: 3_600_000 }, 'resume')
  const shown = await change(tab, { hidden: false }, 'visibilitychange')
  await sleep(600)
  const left = await change(tab, { hidden: true }, 'visibilitychange')
  truth += left - shown

  await collector.until(() => engagements(collector).length > 1)
  expect(Math.abs(engagedMs(collector) - truth)).toBeLessThan(TOLERANCE_MS)
  // The page counts once more when it is shown, but no session begins.
  expect(new Set(collector.events().map(({ session_id }) => session_id)).size).toBe(1)
})

test('goes on while the focus is in an iframe of the page', async ({ tab, servers, site, collector }) => {
  site.addPage('/inner', plainPage(site, { body: '<input id="field">' }))
  const body = `<iframe src="/inner"></iframe><script>
    // A driven browser may have no focus at all.
    addEventListener('blur', () => { window.wasBlurred = true })
  </script>`
  await tab.goto(site.addPage('/', trackedPage(servers, { ...ENGAGED, body })))
  await untilCaptured(collector)
  const hasFocus = await tab.evaluate(() => {
    window.focus()
    return document.hasFocus()
  })
  test.skip(!hasFocus, 'the driven browser gives its pages no focus')
  await tab.evaluate(() => document.querySelector('iframe')!.contentWindow!.focus())
  await sleep(1_500)
  await tab.evaluate(() => window.dispatchEvent(new Event('pagehide')))
  await collector.until(() => engagements(collector).length > 0)

  const pageview = collector.pageviews()[0]!
  const truth =
    Number(engagements(collector)[0]!.event_id!.slice(0, 13)) - Number(pageview.event_id!.slice(0, 13))
  expect(Math.abs(engagedMs(collector) - truth)).toBeLessThan(TOLERANCE_MS)
})

test('measures how far a page of 5,000 px is scrolled', async ({ tab, servers, site, collector }) => {
  const body = `<div style="height:5000px;margin:0"></div><style>body{margin:0}</style>`
  await tab.goto(site.addPage('/', trackedPage(servers, { ...ENGAGED, head: PUPPET, body })))
  await untilCaptured(collector)
  await sleep(1_000)
  const expected = await tab.evaluate(async () => {
    scrollTo(0, 1_234)
    await new Promise((resolve) => setTimeout(resolve, 600))
    scrollTo(0, 0)
    await new Promise((resolve) => setTimeout(resolve, 600))
    return Math.round(((1_234 + document.documentElement.clientHeight) / 5_000) * 100)
  })
  await change(tab, { hidden: true }, 'visibilitychange')
  await collector.until(() => engagements(collector).length > 0)

  expect(engagements(collector)[0]!.properties!['scroll']).toBe(expected)
})

test('measures a page that grows by its full height', async ({ tab, servers, site, collector }) => {
  const body = `<div id="page" style="height:100vh"></div><style>body{margin:0}</style>`
  await tab.goto(site.addPage('/', trackedPage(servers, { ...ENGAGED, head: PUPPET, body })))
  await untilCaptured(collector)
  await sleep(1_500)
  const expected = await tab.evaluate(() => {
    document.querySelector<HTMLElement>('#page')!.style.height = '5000px'
    return Math.round((document.documentElement.clientHeight / 5_000) * 100)
  })
  await change(tab, { hidden: true }, 'visibilitychange')
  await collector.until(() => engagements(collector).length > 0)

  expect(engagements(collector)[0]!.properties!['scroll']).toBe(expected)
})

test('sends the page before when the application shows another, and measures an inner scroller', async ({
  tab,
  servers,
  site,
  collector,
}) => {
  const body = `<style>body{margin:0} main{height:100vh;overflow:auto} div{height:4000px}</style>
    <main><div></div></main>`
  await tab.goto(site.addPage('/', trackedPage(servers, { ...ENGAGED, head: PUPPET, body })))
  await untilCaptured(collector)
  await sleep(1_000)
  const expected = await tab.evaluate(async () => {
    const main = document.querySelector('main')!
    main.scrollTop = 1_500
    await new Promise((resolve) => setTimeout(resolve, 600))
    const scroll = Math.round(((1_500 + main.clientHeight) / 4_000) * 100)
    history.pushState(null, '', '/next')
    document.title = 'Next'
    main.innerHTML = '<p>Next</p>'
    return scroll
  })
  await collector.until(() => engagements(collector).length > 0)

  expect(engagements(collector)[0]).toMatchObject({
    url: `${site.url}/`,
    properties: { scroll: expected, view: collector.pageviews()[0]!.event_id },
  })
})

test('sends a heartbeat after 60 engaged seconds', async ({ tab, servers, site, collector }) => {
  const head = `${PUPPET}<script>
    const setSlow = setInterval
    // Time passes twenty times faster than it does.
    window.setInterval = (run, ms) => setSlow(() => { state.now += ms - ms / 20; run() }, ms / 20)
  </script>`
  await tab.goto(site.addPage('/', trackedPage(servers, { ...ENGAGED, head })))
  await untilCaptured(collector)
  await expect(async () => {
    await tab.evaluate(() => window.dispatchEvent(new Event('pointermove')))
    expect(collector.heartbeats().length).toBeGreaterThan(0)
  }).toPass({ intervals: [200], timeout: 30_000 })

  const [pageview] = collector.pageviews()
  expect(JSON.parse(collector.heartbeats()[0]!.body)).toEqual({
    session_id: pageview!.session_id,
    visitor_id: pageview!.visitor_id,
    url: `${site.url}/`,
  })
})
