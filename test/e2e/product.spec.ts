import { expect } from '@playwright/test'
import { ask, asVisitor, type Product, test, watch } from '../support/running-product.js'

interface Overview {
  data: { summary: { total_visitors: number; total_page_views: number } }
}

const summary = async (product: Product) => (await ask<Overview>(product, '?range=24h')).data.summary
const events = async (product: Product) =>
  (await ask<{ data: { events: unknown[] } }>(product, '/events')).data.events

const countLive = async (product: Product) =>
  (
    (await (await fetch(`${product.collector}/e/live/${product['tracking code']}`)).json()) as {
      visitors: number
    }
  ).visitors

test('shows pageviews and events from the script tag on the dashboard', async ({ page, product }) => {
  const complaints = watch(page)
  await asVisitor(page)
  // While a page is left, the driver's user agent is no longer in place, and the collector would reject a bot.
  const counted = page.waitForResponse((response) => response.url().includes('/e/ZV_'))
  await page.goto(product.demo)
  await counted
  await page.goto(new URL('/products', product.demo).href)
  await page.goto(new URL('/products/harbour-breakfast', product.demo).href)
  await page.click('#add-to-cart')
  // The shop also captures events of its own accord.
  await expect.poll(() => events(product)).toContainEqual({ name: 'add_to_cart', count: 1, visitors: 1 })
  // A page that is left at once sends its pageview as a beacon, which may arrive later.
  await expect.poll(() => summary(product)).toMatchObject({ total_visitors: 1, total_page_views: 3 })
  // The collector caches a count for a second, and the shop's widget requested one before anything was
  // stored.
  await expect.poll(() => countLive(product)).toBe(1)

  await page.goto(product.dashboard)
  await page.fill('input[name=key]', product['api key'])
  await page.click('#key-form button[type=submit]')
  await expect(page.locator('#visitors-today')).toHaveText('1')
  await expect(page.locator('#pageviews-today')).toHaveText('3')
  await expect(page.locator('#visitors-30d')).toHaveText('1')
  // The shop's widget requested a count before anything was stored; its answer is cached for five seconds,
  // and the page polls every ten.
  await expect(page.locator('#live-count')).toHaveText('1')
  await expect(page.locator('table#top-pages tbody tr')).toHaveCount(3)
  await expect(page.locator('table#events')).toContainText('add_to_cart')
  expect(complaints).toEqual([])
})

test('counts navigations in a single-page app as pageviews with the ESM build', async ({ page, product }) => {
  const complaints = watch(page)
  await asVisitor(page)
  await page.goto(new URL('/app/', product.demo).href)
  await expect.poll(async () => (await summary(product)).total_page_views).toBe(1)
  await page.click('a[href="/app/timer"]')
  await expect.poll(async () => (await summary(product)).total_page_views).toBe(2)
  await page.goBack()
  await expect.poll(async () => (await summary(product)).total_page_views).toBe(3)
  expect((await summary(product)).total_visitors).toBe(1)
  expect(complaints).toEqual([])
})

test('keeps the page working while the collector is unreachable and sends the event on the next page', async ({
  page,
  product,
}) => {
  await asVisitor(page)
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(String(error)))
  await page.goto(new URL('/products/harbour-breakfast', product.demo).href)
  await expect.poll(async () => (await summary(product)).total_page_views).toBe(1)
  // Requests to the collector fail; those to the demo's own pages succeed.
  await page.route(`${product.collector}/e/**`, (route) => route.abort())
  await page.click('#add-to-cart')
  await expect(page.locator('#added')).toBeVisible()
  await expect
    .poll(() =>
      page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('zenovay:')).length),
    )
    .toBe(1)
  await page.unroute(`${product.collector}/e/**`)
  await page.goto(new URL('/products', product.demo).href)
  await expect.poll(() => events(product)).toEqual([{ name: 'add_to_cart', count: 1, visitors: 1 }])
  expect(errors).toEqual([])
})
