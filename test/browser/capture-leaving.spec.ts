import { setTimeout as sleep } from 'node:timers/promises'
import { readOutbox } from '../support/read-outbox.js'
import type { RecordingServers } from '../support/recording-servers.js'
import { expect, isThorough, test } from '../support/store-fixtures.js'
import type { Tab } from '../support/tab.js'
import { plainPage, SHORT_PAUSES, trackedPage, type TrackedPage } from '../support/test-pages.js'

const TRIALS = isThorough ? 30 : 3

test.describe.configure({ timeout: 180_000 })

/** A page with a link to another host, numbered like the page. */
function linkingPage(servers: RecordingServers, page: Partial<TrackedPage>): { html: string; next: string } {
  const { site } = servers
  const next = `${site.url.replace('localhost', '127.0.0.1')}/next`
  site.addPage('/next', plainPage(site))
  const body = `<a id="link" href="">Next</a><script>
    document.querySelector('#link').href = '${next}?' + location.search.slice(1)
  </script>`
  return { html: trackedPage(servers, { variant: 'script', capture: 'outbound', body, ...page }), next }
}

/** Opens a page, and waits until its file of capture listens. */
async function openCaptured(tab: Tab, url: string): Promise<void> {
  await tab.goto(url)
  await expect
    .poll(() => tab.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name)))
    .toContainEqual(expect.stringMatching(/capture\.js$/))
  await sleep(200)
}

// Without cookies nothing is kept in the browser: what a dying page does not hand over is lost.
test(`stores the click that leaves a cookieless page once, in ${TRIALS} of ${TRIALS} trials`, async ({
  tab,
  servers,
  site,
  collector,
  store,
}) => {
  const { html, next } = linkingPage(servers, { cookieless: true })
  const home = site.addPage('/', html)
  for (let trial = 0; trial < TRIALS; trial++) {
    await openCaptured(tab, `${home}?${trial}`)
    await tab.click('#link')
    await expect.poll(() => tab.url(), { intervals: [20] }).toBe(`${next}?${trial}`)
    await collector.until(() => collector.customEvents('outbound_click').length > trial)
  }
  await expect
    .poll(async () => Object.values(await store.countEvents('outbound_click', 'url')), { timeout: 30_000 })
    .toEqual(Array(TRIALS).fill(1))
})

test(`stores each click once though the collector stops before it or its answer is lost, in ${TRIALS} trials`, async ({
  tab,
  servers,
  site,
  collector,
  store,
}) => {
  const { html, next } = linkingPage(servers, { head: SHORT_PAUSES })
  const home = site.addPage('/', html)
  for (let trial = 0; trial < TRIALS; trial++) {
    await openCaptured(tab, `${home}?${trial}`)
    await collector.until(() => collector.pageviews().length > trial)
    if (trial % 2) collector.resetRate = 1
    else await collector.down()
    await tab.click('#link')
    await expect.poll(() => tab.url(), { intervals: [20] }).toBe(`${next}?${trial}`)
    if (trial % 2) collector.resetRate = 0
    else await collector.up()
  }
  // Sends what the pages before could not.
  await tab.goto(`${home}?last`)

  const clicks = Object.fromEntries(Array.from({ length: TRIALS }, (_, trial) => [`${next}?${trial}`, 1]))
  await expect.poll(() => store.countEvents('outbound_click', 'url'), { timeout: 60_000 }).toEqual(clicks)
  await expect.poll(() => readOutbox(tab), { timeout: 60_000 }).toEqual([])
  expect(await store.countEvents('outbound_click', 'url')).toEqual(clicks)
})
