import { MAX_AGE_MS } from '../../src/contract/limits.js'
import { validateEvent } from '../../src/contract/validate-event.js'
import type { IngestEvent } from '../../src/contract/wire.js'
import { readOutbox } from '../support/read-outbox.js'
import { onceEach } from '../support/stored-site.js'
import { expect, test } from '../support/store-fixtures.js'
import { plainPage, SHORT_PAUSES, trackedPage, TRACKING_CODE, VARIANTS } from '../support/test-pages.js'

const LATE = { timeout: 10_000 }
/** Entries of the page itself. */
const OWN_ENTRIES = { 'zenovay-theme': 'dark', zenovay_cart: '5', zenovays: '{' }

/** An event id: the time of the event, and what is random in it. */
const createId = (ageMs: number, name: string) => `${Date.now() - ageMs}00000000000000000000${name}`

function createStep(event_id: string, step: string): IngestEvent {
  return {
    event_id,
    session_id: 'session00000000000000000000',
    visitor_id: 'visitor00000000000000000000',
    url: 'https://example.com/earlier',
    event_type: 'custom',
    event_name: 'step',
    properties: { step },
    device_type: 'auto',
    os: 'auto',
    browser: 'auto',
    user_agent:
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36',
  }
}

interface Broken {
  id?: string
  text: string
}

const OLD_ID = createId(MAX_AGE_MS + 60_000, 'old')

const BROKEN: Broken[] = [
  { text: '' },
  { text: '{"event_id":"17' },
  { text: '5' },
  { text: 'null' },
  { text: '[]' },
  { text: '"x"' },
  { id: 'an-id-without-a-time', text: JSON.stringify(createStep('an-id-without-a-time', 'broken')) },
  { id: OLD_ID, text: JSON.stringify(createStep(OLD_ID, 'broken')) },
]

for (const variant of VARIANTS)
  test(`${variant}: drops outbox entries that cannot be sent, and stores those between them once`, async ({
    tab,
    servers,
    site,
    collector,
    store,
  }) => {
    const key = (id: string) => `zenovay:${id} ${collector.url}/e/${TRACKING_CODE}`
    const entries: Record<string, string> = { ...OWN_ENTRIES }
    const addStep = (step: number) => {
      const event = createStep(createId(120_000 - 2_000 * step, 'valid'), `${step}`)
      entries[key(event.event_id!)] = JSON.stringify(event)
    }
    // Browsers list entries in different orders: there are valid events before and after each broken entry.
    BROKEN.forEach(({ id, text }, index) => {
      addStep(index)
      entries[key(id ?? createId(119_000 - 2_000 * index, 'broken'))] = text
    })
    addStep(BROKEN.length)
    await tab.goto(site.addPage('/blank', plainPage(site)))
    await tab.evaluate((entries) => void Object.assign(localStorage, entries), entries)
    await tab.goto(site.addPage('/', trackedPage(servers, { variant, head: SHORT_PAUSES })))

    await expect.poll(() => readOutbox(tab), LATE).toEqual([])
    await expect.poll(() => store.countEvents('step', 'step'), LATE).toEqual(onceEach(BROKEN.length + 1))
    expect(await store.countPageviews()).toEqual({ '/': 1 })
    const invalid = collector.events().filter((event) => !validateEvent(event).ok)
    expect(invalid).toEqual([])
    const stored = await tab.evaluate(() => ({ ...localStorage }))
    expect(stored).toMatchObject(OWN_ENTRIES)
  })
