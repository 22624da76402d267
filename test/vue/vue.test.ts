// @vitest-environment happy-dom
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { importApp } from '../support/import-app.js'
import { answer, closePages, openPage, type Page } from '../tracker/open-page.js'

type App = typeof import('./start-shop.js')

const CODE = 'ZV_UnitTest1'

let page: Page
let app: App
let container: HTMLElement

beforeEach(async () => {
  page = openPage({ answers: [answer(200)] })
  container = document.createElement('div')
  app = await importApp<App>(join(import.meta.dirname, 'start-shop.ts'))
})
afterEach(closePages)

const events = () => page.posts.flat().map(({ event_name = 'pageview' }) => event_name)

test('sends one pageview if two applications on a page use the plugin', async () => {
  app.startShop(container, CODE, { apiUrl: 'https://collector.example', cookieless: true })
  app.startShop(document.createElement('div'), CODE)
  await page.settle()

  expect(container.innerHTML).toBe('<button>buy</button><button>buy</button>')
  expect(page.fetch.mock.calls.map(([url]) => url as string)).toEqual([`https://collector.example/e/${CODE}`])
  expect(page.posts).toEqual([[expect.objectContaining({ cookieless: true, title: 'Shoes' })]])
})

test('provides every component with the same working tracker functions', async () => {
  app.startShop(container, CODE)
  await page.settle()
  container.querySelector('button')!.click()
  await page.settle()

  expect(events()).toEqual(['pageview', 'buy'])
  expect(app.given).toHaveLength(2)
  expect(app.given[0]).toBe(app.given[1])
  expect(Object.keys(app.given[0]!).sort()).toEqual(Object.keys(await import('@zenovay/tracker')).sort())
})

test('logs one warning for an invalid tracking code and keeps the application working', async () => {
  const warn = vi.spyOn(console, 'warn').mockReturnValue()
  app.startShop(container, 'UA-12345-6')
  await page.settle()

  expect(warn.mock.calls).toEqual([
    [expect.anything(), 'UA-12345-6', expect.stringContaining('is not a tracking code')],
  ])
  expect(container.innerHTML).toContain('buy')
  expect(events()).toEqual([])
})
