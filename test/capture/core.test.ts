// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { closePages, type PageSetup } from '../tracker/open-page.js'
import { openCapturedPage } from './open-captured-page.js'

type Core = typeof import('../../src/capture/core.js')

let core: Core
let warnings: string[]

beforeEach(() => {
  vi.useFakeTimers()
  warnings = []
  vi.spyOn(console, 'warn').mockImplementation((...text) => void warnings.push(text.join(' ')))
})
afterEach(closePages)

/** Opens a page whose only kind is `kind`. */
const open = (kind: (core: Core) => void = () => undefined, setup?: PageSetup) =>
  openCapturedPage(async () => {
    core = await import('../../src/capture/core.js')
    return [() => kind(core)]
  }, setup)

const sendOne = (n = 0) => core.sendNamed(`event ${n}`, {})

test('sends at most 20 captured events in 10 s, with one warning', async () => {
  const page = await open()
  const sent = Array.from({ length: 25 }, (_, n) => sendOne(n))
  await page.settle()
  expect(sent.filter(Boolean)).toHaveLength(20)
  expect(page.captured()).toHaveLength(20)
  expect(warnings).toEqual(['zenovay: capture too many events'])

  await vi.advanceTimersByTimeAsync(10_000)
  expect(sendOne()).toBe(true)
})

test('sends at most 100 captured events for each counted page', async () => {
  const page = await open()
  let sent = 0
  for (let n = 0; n < 150; n++) {
    if (sendOne(n)) sent++
    await vi.advanceTimersByTimeAsync(1_000)
  }
  expect(sent).toBe(100)

  page.run('page', '/other')
  await page.settle()
  expect(sendOne()).toBe(true)
})

test('calls a kind when a page is counted, before it ends and when the next one is counted', async () => {
  const told: unknown[] = []
  const page = await open(({ when, COUNTED, ENDING }) => {
    const path = () => new URL(core.options.page!.url!).pathname
    when(COUNTED, () => told.push(['counted', path()]))
    when(ENDING, () => told.push(['ending', path()]))
  })
  page.run('page', '/cart')
  await page.settle()

  expect(told).toEqual([
    ['counted', '/shoes'],
    ['ending', '/shoes'],
    ['counted', '/cart'],
  ])
  expect(core.options.page).toMatchObject({ event_id: page.posts.at(-1)![0]!['event_id'] as string })
})

test('gives an event the url, title and IDs of a pageview, and opens no session for it', async () => {
  const page = await open()
  const { url, title, visitor_id, session_id } = core.options.page!
  await vi.advanceTimersByTimeAsync(3 * 60 * 60 * 1000)
  const stored = localStorage['zenovay'] as string
  document.title = 'Other'
  core.send({ event_type: 'engagement', properties: { engaged_ms: 5 } }, core.options.page)
  await page.settle()

  const [event] = page.captured()
  expect(event).toMatchObject({ event_type: 'engagement', url, title, visitor_id, session_id })
  expect(event!['event_id']).toEqual(expect.any(String))
  expect(event!['event_id']).not.toBe(core.options.page!.event_id)
  expect(event).not.toHaveProperty('referrer')
  expect(localStorage['zenovay']).toBe(stored)
})

test('sends no IDs of a pageview after the consent is withdrawn', async () => {
  const page = await open()
  const pageview = core.options.page
  // As another tab does.
  localStorage['zenovay'] = 'denied,,'
  core.send({ event_type: 'engagement' }, pageview)
  await page.settle()

  expect(page.captured()).toEqual([])
})

test.each([['reset'], ['disable'], ['consent', 'denied']])('forgets the page at %s', async (...call) => {
  const forget = vi.fn()
  const page = await open(({ when, FORGOTTEN }) => when(FORGOTTEN, forget))
  page.run(...call)

  expect(forget).toHaveBeenCalledOnce()
  expect(core.options.page).toBeUndefined()
})

test('sends with a beacon what a kind sends while the page is left', async () => {
  const page = await open(({ when, HIDING, sendNamed }) => when(HIDING, () => sendNamed('left', {})), {
    dataset: { cookieless: 'true' },
  })
  page.fire('pagehide', { composedPath: () => [window] })

  expect(page.beacons.flat().map(({ event_name = 'pageview' }) => event_name)).toContain('left')
})

test('logs what a kind throws, and goes on', async () => {
  const page = await open(({ listen }) =>
    listen('click', () => {
      throw new Error('broken')
    }),
  )
  await page.act('click', document.body)
  await page.act('click', document.body)

  expect(warnings).toEqual(['zenovay: capture Error: broken'])
})

test('cuts long property values', async () => {
  const page = await open()
  core.sendNamed('long', { text: 'x'.repeat(10_000), amount: 5, isOn: true })
  await page.settle()

  expect(page.captured()[0]!['properties']).toEqual({ text: 'x'.repeat(500), amount: 5, isOn: true })
})

test('refuses a tracker of another version', async () => {
  await open()
  vi.resetModules()
  const { connect } = await import('../../src/capture/core.js')
  expect(() => connect(99, ...([] as never as [never, never, never, never, never, never, never]))).toThrow(
    'version 99',
  )
})
