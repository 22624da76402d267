import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '../support/browser-fixtures.js'
import { trackedPage, VARIANTS } from '../support/test-pages.js'

for (const variant of VARIANTS)
  test.describe(variant, () => {
    for (const status of [429, 503])
      test(`delays a retry for Retry-After: 3 after a ${status} response`, async ({
        tab,
        servers,
        site,
        collector,
      }) => {
        collector.outcome = status
        collector.retryAfter = '3'
        await tab.goto(site.addPage('/', trackedPage(servers, { variant })))
        await collector.until(() => collector.posts().length > 1)

        const [first, second] = collector.posts()
        expect(second!.at - first!.at).toBeGreaterThanOrEqual(2_900)
      })

    // An HTTP date is the header's other form (RFC 9110, section 10.2.3). A month in milliseconds overflows
    // a timer's 31 bits, and the last value does so in seconds already.
    for (const retryAfter of ['Fri, 31 Dec 2100 23:59:59 GMT', '2592000', '3000000000'])
      test(`spaces out the retries for Retry-After: ${retryAfter}`, async ({
        tab,
        servers,
        site,
        collector,
      }) => {
        collector.outcome = 503
        collector.retryAfter = retryAfter
        await tab.goto(site.addPage('/', trackedPage(servers, { variant })))
        await collector.until(() => collector.posts().length > 0)
        // Proves that requests are spaced out: without pauses, dozens would arrive in this time.
        await sleep(1_500)

        expect(collector.posts().length).toBeLessThanOrEqual(5)
      })
  })
