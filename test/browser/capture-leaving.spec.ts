import { setTimeout as sleep } from 'node:timers/promises'
import { expect, isThorough, test } from '../support/store-fixtures.js'
import { plainPage, trackedPage } from '../support/test-pages.js'

const TRIALS = isThorough ? 30 : 5

test.describe.configure({ timeout: 180_000 })

// Without cookies nothing is kept in the browser: what a dying page does not hand over is lost.
test(`stores the click that leaves a cookieless page once, in ${TRIALS} of ${TRIALS} trials`, async ({
  tab,
  servers,
  site,
  collector,
  store,
}) => {
  const other = site.url.replace('localhost', '127.0.0.1')
  site.addPage('/next', plainPage(site))
  const body = `<a id="link" href="">Next</a><script>
    document.querySelector('#link').href = '${other}/next?' + location.search.slice(1)
  </script>`
  const home = site.addPage(
    '/',
    trackedPage(servers, { variant: 'script', capture: 'outbound', cookieless: true, body }),
  )
  for (let trial = 0; trial < TRIALS; trial++) {
    await tab.goto(`${home}?${trial}`)
    await expect
      .poll(() => tab.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name)))
      .toContainEqual(expect.stringMatching(/capture\.js$/))
    // The file listens once it has run.
    await sleep(200)
    await tab.click('#link')
    await expect.poll(() => tab.url(), { intervals: [20] }).toBe(`${other}/next?${trial}`)
    await collector.until(() => collector.customEvents('outbound_click').length > trial)
  }
  await expect
    .poll(async () => Object.values(await store.countEvents('outbound_click', 'url')), { timeout: 30_000 })
    .toEqual(Array(TRIALS).fill(1))
})
