// @vitest-environment happy-dom
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { MAJORS } from '../support/bundle-app.js'
import { importApp } from '../support/import-app.js'
import { answer, closePages, openPage, type Page } from '../tracker/open-page.js'

type App = typeof import('./start-shop.js')

const CODE = 'ZV_UnitTest1'
// Longer than React needs for a second effect or render.
const SETTLED_MS = 50

const settled = () => new Promise((resolve) => setTimeout(resolve, SETTLED_MS))

describe.each(MAJORS)('React, %s major', (majors) => {
  let page: Page
  let app: App
  let container: HTMLElement
  let warnings: unknown[]

  beforeEach(async () => {
    warnings = []
    vi.spyOn(console, 'warn').mockImplementation((...text) => void warnings.push(text))
    vi.spyOn(console, 'error').mockImplementation((...text) => void warnings.push(text))
    vi.spyOn(console, 'info').mockReturnValue()
    // Answered, because the tracker of an earlier test resends stored events after one second.
    page = openPage({ answers: [answer(200)] })
    container = document.createElement('div')
    app = await importApp<App>(join(import.meta.dirname, 'start-shop.ts'), { majors })
  })
  afterEach(closePages)

  const events = () => page.posts.flat().map(({ event_name = 'pageview' }) => event_name)
  const button = () => container.querySelector('button')!

  test('renders no markup for the component and sends one pageview, even in StrictMode', async () => {
    app.startShop(container, { code: CODE, apiUrl: 'https://collector.example', cookieless: true })
    await vi.waitFor(() => expect(events()).toEqual(['pageview']))
    await settled()

    expect(app.version).toMatch({ newest: /^19\./, oldest: /^18\./ }[majors])
    expect(container.innerHTML).toBe('<button>bought 0</button>')
    expect(page.fetch.mock.calls.map(([url]) => url as string)).toEqual([
      `https://collector.example/e/${CODE}`,
    ])
    expect(page.posts[0]).toEqual([expect.objectContaining({ cookieless: true, title: 'Shoes' })])
    expect(warnings).toEqual([])
  })

  test('returns the same working functions from the hook in every render', async () => {
    app.startShop(container, { code: CODE })
    await vi.waitFor(() => expect(events()).toEqual(['pageview']))
    button().click()
    await vi.waitFor(() => expect(button().textContent).toBe('bought 1'))
    button().click()
    await vi.waitFor(() => expect(events()).toEqual(['pageview', 'buy', 'buy']))

    expect(app.renders.length).toBeGreaterThan(2)
    expect(new Set(app.renders).size).toBe(1)
    expect(page.posts.flat().map(({ properties }) => properties)).toEqual([
      undefined,
      { position: 0 },
      { position: 1 },
    ])
  })

  test('exposes every exported tracker function through the hook', async () => {
    app.startShop(container, { code: CODE })
    // A later effect would send in the next test.
    await vi.waitFor(() => expect(events()).toEqual(['pageview']))

    expect(Object.keys(app.renders[0]!).sort()).toEqual(Object.keys(await import('@zenovay/tracker')).sort())
  })

  test('sends no second pageview when props change or the component remounts', async () => {
    const shop = app.startShop(container, { code: CODE })
    await vi.waitFor(() => expect(events()).toEqual(['pageview']))
    shop.show({ code: CODE, cookieless: true })
    shop.show({ code: 'ZV_Another1' })
    shop.end()
    app.startShop(container, { code: CODE })
    await settled()

    expect(events()).toEqual(['pageview'])
  })

  test('starts the tracker when an empty tracking code is replaced with a valid one', async () => {
    const shop = app.startShop(container, { code: '' })
    await vi.waitFor(() =>
      expect(warnings).toEqual([[expect.anything(), '', expect.stringContaining('is not a tracking code')]]),
    )
    expect(events()).toEqual([])
    shop.show({ code: CODE })
    await vi.waitFor(() => expect(events()).toEqual(['pageview']))
  })
})
