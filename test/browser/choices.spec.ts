import { expect, test } from '../support/browser-fixtures.js'
import { EMPTY_STORAGE, readStorage } from '../support/read-storage.js'
import type { RecordingCollector } from '../support/recording-collector.js'
import type { Tab } from '../support/tab.js'
import { trackedPage, VARIANTS } from '../support/test-pages.js'

const RECORD_ONLY = { ...EMPTY_STORAGE, localStorage: ['zenovay'] }

/** Everything in localStorage, as text. */
function readValues(tab: Tab): Promise<string> {
  return tab.evaluate(() => JSON.stringify({ ...localStorage }))
}

async function track(tab: Tab, collector: RecordingCollector, name: string) {
  await tab.evaluate((event) => window.tracker.track(event), name)
  await collector.until(() => collector.customEvents(name).length > 0)
  return collector.customEvents(name)[0]!
}

/** A write of one tab becomes visible to the process of the other a moment later. */
async function untilBothSee(first: Tab, second: Tab) {
  await expect.poll(async () => (await readValues(first)) === (await readValues(second))).toBe(true)
}

/** Everything that was sent, by name or path. */
function sent(collector: RecordingCollector): string[] {
  return collector.events().map(({ event_name, url }) => event_name ?? new URL(url).pathname)
}

for (const variant of VARIANTS)
  test.describe(variant, () => {
    test('sets no cookie by default and stores a single key after the collector has responded', async ({
      tab,
      servers,
      site,
      collector,
      session,
    }) => {
      await tab.goto(site.addPage('/', trackedPage(servers, { variant })))
      await track(tab, collector, 'signup')

      await expect.poll(() => readStorage(tab)).toEqual(RECORD_ONLY)
      expect(await session.cookies()).toEqual([])
    })

    test('stores nothing until required consent is granted and then remembers the consent', async ({
      tab,
      servers,
      site,
      collector,
      session,
    }) => {
      const home = site.addPage('/', trackedPage(servers, { variant, consent: 'required' }))
      await tab.goto(home)
      const before = await track(tab, collector, 'before')
      expect(await readStorage(tab)).toEqual(EMPTY_STORAGE)
      expect(await session.cookies()).toEqual([])
      expect(before).toMatchObject({ cookieless: true })
      expect(before).not.toHaveProperty('visitor_id')

      await tab.evaluate(() => window.tracker.consent('granted'))
      const after = await track(tab, collector, 'after')
      expect(after).not.toHaveProperty('cookieless')
      expect(after.visitor_id).toBeTruthy()
      await expect.poll(() => readStorage(tab)).toEqual(RECORD_ONLY)
      expect(await session.cookies()).toEqual([])

      await tab.goto(home)
      const { visitor_id, session_id } = await track(tab, collector, 'next')
      expect({ visitor_id, session_id }).toEqual({
        visitor_id: after.visitor_id,
        session_id: after.session_id,
      })
    })

    test('deletes IDs and unacknowledged events when consent is denied and remembers the denial', async ({
      tab,
      servers,
      site,
      collector,
    }) => {
      const home = site.addPage('/', trackedPage(servers, { variant }))
      await tab.goto(home)
      const before = await track(tab, collector, 'before')
      await expect.poll(() => readStorage(tab)).toEqual(RECORD_ONLY)
      collector.outcome = 503
      const { event_id } = await track(tab, collector, 'waiting')
      await tab.evaluate(() => window.tracker.consent('denied'))
      expect(await readStorage(tab)).toEqual(RECORD_ONLY)
      for (const id of [before.visitor_id, before.session_id, event_id])
        expect(await readValues(tab)).not.toContain(id)

      collector.outcome = 200
      const after = await track(tab, collector, 'after')
      await tab.goto(home)
      const next = await track(tab, collector, 'next')
      for (const event of [after, next]) {
        expect(event).toMatchObject({ cookieless: true })
        expect(event).not.toHaveProperty('visitor_id')
        expect(event.session_id).not.toBe(before.session_id)
        expect(await readValues(tab)).not.toContain(event.session_id)
      }
      expect(await readStorage(tab)).toEqual(RECORD_ONLY)
    })

    test('accepts consent that is granted after a denial', async ({ tab, servers, site, collector }) => {
      const home = site.addPage('/', trackedPage(servers, { variant, consent: 'required' }))
      await tab.goto(home)
      await tab.evaluate(() => window.tracker.consent('denied'))
      expect(await track(tab, collector, 'denied')).not.toHaveProperty('visitor_id')
      await tab.goto(home)
      await tab.evaluate(() => window.tracker.consent('granted'))

      expect((await track(tab, collector, 'granted')).visitor_id).toBeTruthy()
    })

    test('sends nothing between disable and enable, even on the next page', async ({
      tab,
      servers,
      site,
      collector,
    }) => {
      const next = site.addPage('/next', trackedPage(servers, { variant }))
      await tab.goto(site.addPage('/', trackedPage(servers, { variant })))
      const before = await track(tab, collector, 'before')
      await tab.evaluate(() => {
        window.tracker.disable()
        window.tracker.track('disabled')
        history.pushState(null, '', '/cart')
      })
      await tab.goto(next)
      expect(await readStorage(tab)).toEqual(RECORD_ONLY)
      for (const id of [before.visitor_id, before.session_id]) expect(await readValues(tab)).not.toContain(id)
      await tab.evaluate(() => {
        window.tracker.track('disabled')
        window.tracker.enable()
      })
      const after = await track(tab, collector, 'after')

      expect(sent(collector)).toEqual(['/', 'before', 'after'])
      expect(after.visitor_id).toBeTruthy()
      expect(after.visitor_id).not.toBe(before.visitor_id)
    })

    test('disables tracking in other tabs as well', async ({ tab, openTab, servers, site, collector }) => {
      const home = site.addPage('/', trackedPage(servers, { variant }))
      await tab.goto(home)
      await track(tab, collector, 'before')
      const other = await openTab()
      await other.goto(home)
      await collector.until(() => collector.pageviews().length === 2)
      await other.evaluate(() => window.tracker.disable())
      await untilBothSee(tab, other)
      await tab.evaluate(() => window.tracker.track('disabled'))
      await other.evaluate(() => window.tracker.enable())
      await untilBothSee(tab, other)
      await track(tab, collector, 'after')

      expect(sent(collector)).toEqual(['/', 'before', '/', 'after'])
    })

    test('starts a new visitor and session without a user ID after a reset', async ({
      tab,
      servers,
      site,
      collector,
    }) => {
      const home = site.addPage('/', trackedPage(servers, { variant }))
      await tab.goto(home)
      await tab.evaluate(() => window.tracker.identify('user-42'))
      const before = await track(tab, collector, 'before')
      expect(before.user_id).toBe('user-42')
      await tab.evaluate(() => window.tracker.reset())
      const after = await track(tab, collector, 'after')
      await tab.goto(home)
      const next = await track(tab, collector, 'next')

      expect(after.visitor_id).toBeTruthy()
      expect(after.visitor_id).not.toBe(before.visitor_id)
      expect(after.session_id).not.toBe(before.session_id)
      expect(after).not.toHaveProperty('user_id')
      expect(next).toMatchObject({ visitor_id: after.visitor_id, session_id: after.session_id })
      expect(next).not.toHaveProperty('user_id')
    })

    test('stores no IDs if globalPrivacyControl is set, even after consent is granted', async ({
      tab,
      servers,
      site,
      collector,
    }) => {
      const head = `<script>Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { configurable: true, get: () => true })</script>`
      await tab.goto(site.addPage('/', trackedPage(servers, { variant, head })))
      await tab.evaluate(() => window.tracker.consent('granted'))
      const event = await track(tab, collector, 'granted')

      expect(event).toMatchObject({ cookieless: true, gpc: true })
      expect(event).not.toHaveProperty('visitor_id')
      expect(await readValues(tab)).not.toContain(event.session_id)
      expect(await readValues(tab)).not.toMatch(/\d{20}/)
    })
  })
