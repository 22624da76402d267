import { expect, test as base } from '../support/browser-fixtures.js'
import { refusal, StandIn } from '../support/stand-in.js'
import { plainPage, trackedPage, VARIANTS } from '../support/test-pages.js'

const TRACK_AFTER_LOAD = `<script>addEventListener('load', () => setTimeout(() => tracker.track('loaded'), 300))</script>`

const test = base.extend<{ refusing: StandIn }>({
  /** Answers as a collector does whose site does not allow the origin of a sandboxed frame, `null`. */
  refusing: async ({}, use) => {
    const refusing = new StandIn()
    refusing.answer = refusal('ORIGIN_NOT_ALLOWED')
    await refusing.start()
    await use(refusing)
    await refusing.stop()
  },
})

for (const variant of VARIANTS)
  test.describe(variant, () => {
    test.describe(() => {
      test.use({ expectedMessages: /^zenovay: ORIGIN_NOT_ALLOWED / })

      test('says once in the console why nothing is counted in a sandboxed frame', async ({
        tab,
        site,
        collector,
        refusing,
      }) => {
        const framed = trackedPage(
          { site, collector: refusing },
          { variant, src: `${collector.url}/z.js`, apiUrl: refusing.url, body: TRACK_AFTER_LOAD },
        )
        site.addPage('/framed', framed)
        const body = '<iframe sandbox="allow-scripts" src="/framed"></iframe>'
        await tab.goto(site.addPage('/', plainPage(site, { body })))
        await expect.poll(() => refusing.events().map(({ event_name }) => event_name)).toContain('loaded')

        const warned = () => site.messages.map(({ kind, text }) => `${kind} ${text.split(' ')[1]}`)
        await expect.poll(warned, { timeout: 5_000 }).toEqual(['warn ORIGIN_NOT_ALLOWED'])
      })
    })

    test.describe(() => {
      test.use({ expectedMessages: /^zenovay: local page / })

      test('says once in the console why nothing is counted in a frame with srcdoc', async ({
        tab,
        servers,
        site,
        collector,
      }) => {
        const framed = trackedPage(servers, { variant, allowLocalhost: false, body: TRACK_AFTER_LOAD })
        const srcdoc = framed.replaceAll('&', '&amp;').replaceAll('"', '&quot;')
        await tab.goto(site.addPage('/', plainPage(site, { body: `<iframe srcdoc="${srcdoc}"></iframe>` })))

        const warned = () => site.messages.map(({ kind, text }) => `${kind} ${text}`)
        await expect
          .poll(warned, { timeout: 5_000 })
          .toEqual([expect.stringMatching(/^warn zenovay: local page /)])
        expect(collector.posts()).toEqual([])
      })
    })
  })
