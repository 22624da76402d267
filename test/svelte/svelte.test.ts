// @vitest-environment happy-dom
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { MAJORS } from '../support/bundle-app.js'
import { importApp } from '../support/import-app.js'
import { answer, closePages, openPage, type Page } from '../tracker/open-page.js'

type App = typeof import('./start-shop.js')

const CODE = 'ZV_UnitTest1'
const FILES = { newest: 'start-shop.ts', oldest: 'start-shop-4.ts' }

describe.each(MAJORS)('Svelte, %s major', (majors) => {
  let page: Page
  let app: App
  let container: HTMLElement

  beforeEach(async () => {
    page = openPage({ answers: [answer(200)] })
    container = document.createElement('div')
    app = await importApp<App>(join(import.meta.dirname, FILES[majors]), { majors })
  })
  afterEach(closePages)

  const events = () => page.posts.flat().map(({ event_name = 'pageview' }) => event_name)
  const button = () => container.querySelector('button')!

  test('sends one pageview with the layout title before the events of earlier calls', async () => {
    app.startShop(container, CODE, { apiUrl: 'https://collector.example', cookieless: true })
    await vi.waitFor(() => expect(events()).toEqual(['pageview', 'created']))

    expect(page.fetch.mock.calls[0]![0]).toBe(`https://collector.example/e/${CODE}`)
    expect(page.posts[0]![0]).toMatchObject({ cookieless: true, title: 'Shop' })
  })

  test('sends events from a second layout without starting the tracker again', async () => {
    app.startShop(document.createElement('div'), CODE)
    app.startShop(container, CODE)
    await vi.waitFor(() => expect(events()).toEqual(['pageview', 'created', 'created']))
    button().click()
    await vi.waitFor(() => expect(events()).toEqual(['pageview', 'created', 'created', 'buy']))
  })
})

test('exports every tracker function from the binding', async () => {
  const { startZenovay, ...commands } = await import('@zenovay/tracker/svelte')

  expect(startZenovay).toBeTypeOf('function')
  expect({ ...commands }).toEqual({ ...(await import('@zenovay/tracker')) })
})
