import { expect, test } from '../support/browser-fixtures.js'
import { readOutbox } from '../support/read-outbox.js'
import { trackedPage, VARIANTS } from '../support/test-pages.js'

const TRACKED = 1_000
const KEPT = 500

// Six seconds after each full request would add up to two minutes.
const TINY_PAUSES = `<script>{ const wait = setTimeout; window.setTimeout = (run, ms) => wait(run, ms / 100) }</script>`

for (const variant of VARIANTS)
  test.describe(variant, () => {
    test.use({ expectedMessages: /^zenovay: 500 / })

    test(`sends the newest ${KEPT} of ${TRACKED} events of one task, and warns once with the number of the others`, async ({
      tab,
      servers,
      site,
      collector,
    }) => {
      await tab.goto(site.addPage('/', trackedPage(servers, { variant, head: TINY_PAUSES })))
      await collector.until(() => collector.pageviews().length === 1)
      await expect.poll(() => readOutbox(tab)).toEqual([])
      await tab.evaluate((count) => {
        for (let number = 0; number < count; number++) window.tracker.track('step', { number })
      }, TRACKED)
      await collector.until(() => collector.customEvents('step').length >= KEPT)
      await expect.poll(() => readOutbox(tab)).toEqual([])

      const numbers = collector.customEvents('step').map(({ properties }) => Number(properties!['number']))
      const newest = Array.from({ length: KEPT }, (_, index) => TRACKED - KEPT + index)
      expect(numbers.toSorted((a, b) => a - b)).toEqual(newest)
      await expect.poll(() => site.messages.map(({ kind }) => kind)).toEqual(['warn'])
    })
  })
