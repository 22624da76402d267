import { setTimeout as sleep } from 'node:timers/promises'
import { expect, isThorough, test } from '../support/browser-fixtures.js'
import { change, createdAt, engagedMs, engagements, PUPPET, untilCaptured } from '../support/page-puppet.js'
import { plainPage, trackedPage } from '../support/test-pages.js'

const ENGAGED = { variant: 'script', capture: 'engagement' } as const
/** How far engaged time may be from the truth. */
const TOLERANCE_MS = 150
const TRIALS = isThorough ? 20 : 1
const MINUTE_MS = 60_000
const LINK = '<a id="link" href="/next">Next</a>'

test.describe.configure({ timeout: 240_000 })

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
  const truth = createdAt(event!) - createdAt(pageview!)
  expect(Math.abs(engagedMs(collector) - truth)).toBeLessThan(TOLERANCE_MS)
})

test(`measures a page that was in the background, hidden, blurred, idle and asleep, in ${TRIALS} of ${TRIALS} trials`, async ({
  tab,
  servers,
  site,
  collector,
}) => {
  const home = site.addPage('/', trackedPage(servers, { ...ENGAGED, head: PUPPET }))
  for (let trial = 1; trial <= TRIALS; trial++) {
    await tab.goto(`${home}?background`)
    await untilCaptured(collector, trial)
    const known = collector.events().length
    let truth = 0
    const opened = await change(tab, { hidden: false }, 'visibilitychange')
    await sleep(300)
    const blurred = await change(tab, { focus: false }, 'blur')
    truth += blurred - opened
    await sleep(400)
    const focused = await change(tab, { focus: true }, 'focus')
    // Focus in an iframe.
    await change(tab, {}, 'blur')
    await sleep(300)
    const lastInput = await change(tab, {}, 'keydown')
    // Idle for three minutes: 60 s of them count.
    await tab.evaluate((ms) => window.passTime(ms), 3 * MINUTE_MS)
    const nextInput = await change(tab, {}, 'pointermove')
    truth += lastInput - focused + MINUTE_MS
    await sleep(200)
    const hidden = await change(tab, { hidden: true }, 'visibilitychange')
    truth += hidden - nextInput
    // An hour of sleep, and then the tab is shown.
    await tab.evaluate((ms) => window.fallAsleep(ms), 60 * MINUTE_MS)
    await change(tab, {}, 'resume')
    const shown = await change(tab, { hidden: false }, 'visibilitychange')
    await sleep(300)
    const left = await change(tab, { hidden: true }, 'visibilitychange')
    truth += left - shown

    const ofTrial = () => collector.events().slice(known)
    const sum = () =>
      ofTrial().reduce((ms, { properties }) => ms + Number(properties?.['engaged_ms'] ?? 0), 0)
    await expect.poll(() => Math.abs(sum() - truth), `engaged for ${truth} ms`).toBeLessThan(TOLERANCE_MS)
    expect(new Set(ofTrial().map(({ session_id }) => session_id)).size).toBe(1)
  }
})

test('adds at most one sample of an hour in which a visible page was asleep', async ({
  tab,
  servers,
  site,
  collector,
}) => {
  await tab.goto(site.addPage('/', trackedPage(servers, { ...ENGAGED, head: PUPPET })))
  await untilCaptured(collector)
  await tab.evaluate((ms) => window.fallAsleep(ms), 60 * MINUTE_MS)
  await change(tab, {}, 'resume')
  const hidden = await change(tab, { hidden: true }, 'visibilitychange')
  await collector.until(() => engagements(collector).length > 0)

  const awakeMs = hidden - createdAt(collector.pageviews()[0]!) - 60 * MINUTE_MS
  expect(engagedMs(collector)).toBeLessThan(awakeMs + 5_000 + TOLERANCE_MS)
})

test('goes on while the focus is in an iframe of the page', async ({ tab, servers, site, collector }) => {
  site.addPage('/inner', plainPage(site, { body: '<input id="field">' }))
  const body = `<iframe src="/inner"></iframe>`
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

  const truth = createdAt(engagements(collector)[0]!) - createdAt(collector.pageviews()[0]!)
  expect(Math.abs(engagedMs(collector) - truth)).toBeLessThan(TOLERANCE_MS)
})

test('keeps the session through 40 minutes of reading, with a heartbeat for each of them', async ({
  tab,
  servers,
  site,
  collector,
}) => {
  const page = trackedPage(servers, { ...ENGAGED, head: PUPPET })
  site.addPage('/next', page)
  await tab.goto(site.addPage('/', page))
  await untilCaptured(collector)
  for (let minute = 0; minute < 40; minute++) {
    await change(tab, {}, 'pointermove')
    await tab.evaluate((ms) => window.passTime(ms), MINUTE_MS)
  }
  await collector.until(() => collector.heartbeats().length >= 40)
  await tab.goto(`${site.url}/next`)
  await collector.until(() => collector.pageviews().length > 1 && engagedMs(collector) > 40 * MINUTE_MS)

  const [pageview] = collector.pageviews()
  expect(JSON.parse(collector.heartbeats()[0]!.body)).toEqual({
    session_id: pageview!.session_id,
    visitor_id: pageview!.visitor_id,
    url: `${site.url}/`,
  })
  expect(collector.heartbeats()).toHaveLength(40)
  // One event for each five minutes.
  expect(engagements(collector).length).toBeGreaterThanOrEqual(8)
  expect(new Set(collector.events().map(({ session_id }) => session_id)).size).toBe(1)
})

test('opens no session when a tab is hidden after three hours', async ({ tab, servers, site, collector }) => {
  const page = trackedPage(servers, { ...ENGAGED, head: PUPPET })
  site.addPage('/next', page)
  await tab.goto(site.addPage('/', page))
  await untilCaptured(collector)
  await tab.evaluate((ms) => window.passTime(ms), 180 * MINUTE_MS)
  await change(tab, { hidden: true }, 'visibilitychange')
  await collector.until(() => engagements(collector).length > 0)
  const [pageview] = collector.pageviews()

  expect(engagements(collector)[0]).toMatchObject({
    session_id: pageview!.session_id,
    properties: { view: pageview!.event_id },
  })
  expect(Math.abs(engagedMs(collector) - MINUTE_MS)).toBeLessThan(TOLERANCE_MS + 1_000)
  await tab.goto(`${site.url}/next`)
  await collector.until(() => collector.pageviews().length > 1)
  expect(collector.pageviews()[1]!.session_id).not.toBe(pageview!.session_id)
})
