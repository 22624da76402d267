import { expect, test } from '../support/browser-fixtures.js'
import type { RecordingCollector } from '../support/recording-collector.js'
import type { Tab } from '../support/tab.js'
import { trackedPage, VARIANTS, type TrackedPage } from '../support/test-pages.js'

interface Refusal {
  when: string
  page: Partial<TrackedPage>
  /** Done by the visitor on the page. */
  isDenied?: boolean
}

/** As a browser with this privacy setting. */
const withSignal = (name: string, value: string): Partial<TrackedPage> => ({
  head: `<script>Object.defineProperty(Navigator.prototype, '${name}', { configurable: true, get: () => ${value} })</script>`,
})

const BY_BROWSER: Refusal[] = [
  { when: 'Global Privacy Control is on', page: withSignal('globalPrivacyControl', 'true') },
  { when: 'Do Not Track is on', page: withSignal('doNotTrack', `'1'`) },
]
const BY_CHOICE: Refusal[] = [
  { when: 'required consent is missing', page: { consent: 'required' } },
  { when: 'consent is denied', page: {}, isDenied: true },
]

const PERSONAL = /user-4\d|platinum/

/** Everything that the browser stores for the page. */
function readValues(tab: Tab): Promise<string> {
  return tab.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]))
}

/** Everything that left the browser. */
function readRequests(collector: RecordingCollector): string {
  return collector.requests.map(({ path, body }) => `${path} ${body}`).join('\n')
}

/** Identifies the user in both documented ways, tracks an event, and returns it. */
async function identifyAndTrack(tab: Tab, collector: RecordingCollector, name: string) {
  await tab.evaluate((name) => {
    window.tracker.identify('user-42', { plan: 'platinum' })
    const identify = window.tracker.identify as unknown as (user: Record<string, unknown>) => void
    identify({ user_id: 'user-43', plan: 'platinum' })
    window.tracker.track(name)
  }, name)
  await collector.until(() => collector.customEvents(name).length > 0)
  return collector.customEvents(name)[0]!
}

for (const variant of VARIANTS) {
  test.describe(variant, () => {
    // A tracker may say that it does not identify anybody.
    test.use({ expectedMessages: /^zenovay: identify / })

    for (const { when, page, isDenied } of [...BY_BROWSER, ...BY_CHOICE])
      test(`neither sends nor stores the user given to identify if ${when}`, async ({
        tab,
        servers,
        site,
        collector,
      }) => {
        await tab.goto(site.addPage('/', trackedPage(servers, { variant, ...page })))
        if (isDenied) await tab.evaluate(() => window.tracker.consent('denied'))
        await identifyAndTrack(tab, collector, 'after')
        expect(await readValues(tab)).not.toMatch(PERSONAL)
        const next = site.addPage('/next', trackedPage(servers, { variant, ...page }))
        await tab.goto(next)
        await collector.until(() => collector.pageviews().some(({ url }) => url === next))

        expect(readRequests(collector)).not.toMatch(PERSONAL)
        expect(await readValues(tab)).not.toMatch(PERSONAL)
      })

    for (const { when, page, isDenied } of BY_CHOICE)
      test(`sends and stores the user given to identify after consent is granted, if before ${when}`, async ({
        tab,
        servers,
        site,
        collector,
      }) => {
        await tab.goto(site.addPage('/', trackedPage(servers, { variant, ...page })))
        if (isDenied) await tab.evaluate(() => window.tracker.consent('denied'))
        await identifyAndTrack(tab, collector, 'before')
        expect(readRequests(collector)).not.toMatch(PERSONAL)
        await tab.evaluate(() => window.tracker.consent('granted'))
        const after = await identifyAndTrack(tab, collector, 'after')

        expect(after.user_id).toBe('user-43')
        const identified = collector.events().filter(({ event_type }) => event_type === 'identify')
        const expected = ['user-42', 'user-43'].map((user_id) => ({
          user_id,
          properties: { plan: 'platinum' },
        }))
        expect(identified.slice(-2)).toMatchObject(expected)
        expect(await readValues(tab)).toContain('user-43')
      })

    test('does not send a user that was identified before consent is denied', async ({
      tab,
      servers,
      site,
      collector,
    }) => {
      await tab.goto(site.addPage('/', trackedPage(servers, { variant })))
      const before = await identifyAndTrack(tab, collector, 'before')
      expect(before.user_id).toBe('user-43')
      await tab.evaluate(() => {
        window.tracker.consent('denied')
        window.tracker.track('after')
      })
      await collector.until(() => collector.customEvents('after').length > 0)

      expect(collector.customEvents('after')[0]).not.toHaveProperty('user_id')
      expect(await readValues(tab)).not.toMatch(PERSONAL)
    })
  })

  test(`${variant}: sends the user given to identify for this page load in cookieless mode`, async ({
    tab,
    servers,
    site,
    collector,
  }) => {
    await tab.goto(site.addPage('/', trackedPage(servers, { variant, cookieless: true })))
    const after = await identifyAndTrack(tab, collector, 'after')
    expect(after).toMatchObject({ cookieless: true, user_id: 'user-43' })
    const identified = collector.events().filter(({ event_type }) => event_type === 'identify')
    const expected = ['user-42', 'user-43'].map((user_id) => ({ user_id, properties: { plan: 'platinum' } }))
    expect(identified).toMatchObject(expected)
    expect(await readValues(tab)).not.toMatch(PERSONAL)
    const next = site.addPage('/next', trackedPage(servers, { variant, cookieless: true }))
    await tab.goto(next)
    await collector.until(() => collector.pageviews().some(({ url }) => url === next))

    expect(collector.pageviews().at(-1)).not.toHaveProperty('user_id')
    expect(await readValues(tab)).not.toMatch(PERSONAL)
  })
}
