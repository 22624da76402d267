import { MAX_PROPERTY_VALUE_LENGTH } from '../../src/contract/limits.js'
import { expect, test } from '../support/browser-fixtures.js'
import { trackedPage, VARIANTS } from '../support/test-pages.js'

for (const variant of VARIANTS)
  test.describe(`${variant}: a property value of more than ${MAX_PROPERTY_VALUE_LENGTH} characters`, () => {
    test.use({ expectedMessages: /^zenovay: (note|memo)\b/ })

    test('is cut with one warning for its key, even if it is repeated', async ({
      tab,
      servers,
      site,
      collector,
    }) => {
      await tab.goto(site.addPage('/', trackedPage(servers, { variant })))
      await tab.evaluate((limit) => {
        const whole = 'w'.repeat(limit)
        window.tracker.track('written', { note: 'n'.repeat(limit + 1), whole })
        window.tracker.track('written', { note: 'n'.repeat(limit + 1), whole })
        window.tracker.track('written', { note: 'o'.repeat(2 * limit), memo: 'm'.repeat(limit + 1) })
      }, MAX_PROPERTY_VALUE_LENGTH)
      await collector.until(() => collector.customEvents('written').length === 3)

      const text = (letter: string) => letter.repeat(MAX_PROPERTY_VALUE_LENGTH)
      expect(collector.customEvents('written').map(({ properties }) => properties)).toEqual([
        { note: text('n'), whole: text('w') },
        { note: text('n'), whole: text('w') },
        { note: text('o'), memo: text('m') },
      ])
      const warned = () => site.messages.map(({ kind, text }) => `${kind} ${text.split(' ')[1]}`).toSorted()
      await expect.poll(warned, { timeout: 5_000 }).toEqual(['warn memo', 'warn note'])
    })
  })
