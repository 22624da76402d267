import { randomUUID } from 'node:crypto'
import { expect, type Page } from '@playwright/test'
import { type Product, test, watch } from '../support/running-product.js'

const MARKUP = '<img src=x onerror=document.title="owned"><b>bold</b>'
/** Reverses the text that follows it. */
const OVERRIDE = '\u202e'

async function post(product: Product, events: Record<string, unknown>[]): Promise<void> {
  const answer = await fetch(`${product.collector}/e/${product['tracking code']}`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body: JSON.stringify(
      events.map((event) => ({
        event_id: randomUUID(),
        session_id: 'session-0001',
        visitor_id: 'visitor-0001',
        url: 'http://localhost/',
        device_type: 'desktop',
        browser: 'Firefox',
        os: 'Linux',
        user_agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0',
        ...event,
      })),
    ),
  })
  expect(answer.status, await answer.text()).toBe(200)
}

const track = (event_name: string, properties: Record<string, unknown>) => ({
  event_type: 'custom',
  event_name,
  properties,
})

async function openDashboard(page: Page, product: Product): Promise<void> {
  await page.goto(product.dashboard)
  await page.fill('input[name=key]', product['api key'])
  await page.click('#key-form button[type=submit]')
  await expect(page.locator('#captured')).toBeVisible()
}

const textsOf = (page: Page, table: string) => page.locator(`#${table} tbody th`).allTextContents()

test('shows hostile text of visitors as text', async ({ page, product }) => {
  const complaints = watch(page)
  const requests: string[] = []
  page.on('request', (request) => requests.push(request.url()))
  await post(product, [
    { url: `http://localhost/${MARKUP}?q=${encodeURIComponent(MARKUP)}` },
    { url: `http://localhost/${OVERRIDE}gpj.exe?q=${OVERRIDE}gpj` },
    track(MARKUP, {}),
    track('outbound_click', { url: `https://evil.example/${MARKUP}`, text: MARKUP }),
    track('outbound_click', { url: 'javascript:document.title="owned"' }),
    track('outbound_click', { url: `"><script>document.title="owned"</script>` }),
    track('file_download', { url: `https://evil.example/a.pdf?x=${MARKUP}`, extension: MARKUP }),
    track('file_download', { url: 'data:text/html,<script>document.title="owned"</script>' }),
    { event_type: 'error', properties: { type: MARKUP, message: MARKUP } },
  ])
  await openDashboard(page, product)

  expect(await textsOf(page, 'searches')).toEqual([MARKUP.toLowerCase(), 'gpj'].sort())
  expect(await textsOf(page, 'errors')).toEqual([`${MARKUP}: ${MARKUP}`])
  expect(await textsOf(page, 'events')).toContain(MARKUP)
  expect((await textsOf(page, 'links')).sort()).toEqual(
    [
      `evil.example/${MARKUP}`,
      'javascript:document.title="owned"',
      `"><script>document.title="owned"</script>`,
    ].sort(),
  )
  expect(await textsOf(page, 'downloads')).toContain('data:text/html,<script>document.title="owned"</script>')
  // The path stays encoded, because the character would reverse the text.
  expect(await textsOf(page, 'top-pages')).toContain('/%E2%80%AEgpj.exe')

  // Only web addresses are links, and no markup became an element.
  const hrefs = await page
    .locator('tbody a')
    .evaluateAll((links) => links.map((link) => (link as HTMLAnchorElement).protocol))
  expect([...new Set(hrefs)].sort()).toEqual(['http:', 'https:'])
  expect(await page.locator('tbody :is(img, b, script, iframe)').count()).toBe(0)
  expect(await page.title()).toBe('Demo shop · Zenovay')
  expect(requests.filter((url) => !url.startsWith(product.collector))).toEqual([])
  expect(complaints).toEqual([])
})

test('shows links, downloads, searches, errors and ratings of web vitals', async ({ page, product }) => {
  // Of 20 navigations, 16 have a good LCP, and 6 a poor CLS.
  const vitals = Array.from({ length: 20 }, (_, index) => ({
    event_type: 'performance',
    properties: {
      nav: 0,
      view: `view-${index}`,
      lcp: index < 16 ? 1_200 : 3_000,
      cls: index < 14 ? 0.05 : 0.5,
      inp: index < 14 ? 100 : 300,
    },
  }))
  await post(product, [
    { url: 'http://localhost/find?q=Oolong' },
    track('outbound_click', { url: 'https://example.net/tea', text: 'Tea' }),
    track('file_download', { url: 'http://localhost/guide.pdf', extension: 'pdf', text: 'Guide' }),
    { event_type: 'error', properties: { type: 'TypeError', message: 'no price', handled: false } },
    ...vitals,
  ])
  await openDashboard(page, product)
  const row = (table: string, name: string) =>
    page.locator(`#${table} tbody tr`).filter({ hasText: name }).locator('th, td').allTextContents()
  expect(await row('links', 'tea')).toEqual(['example.net/tea', '1', '1'])
  expect(await row('downloads', 'guide')).toEqual(['localhost/guide.pdf', '1', '1'])
  expect(await row('searches', 'oolong')).toEqual(['oolong', '1', '1'])
  expect(await row('errors', 'price')).toEqual(['TypeError: no price', 'open', '1', '1'])
  expect(await row('vitals', 'LCP')).toEqual([
    'Largest contentful paint (LCP)',
    '1.20 s',
    'Good',
    '80%',
    '20%',
    '0%',
  ])
  expect((await row('vitals', 'CLS')).slice(1)).toEqual(['0.5', 'Poor', '70%', '0%', '30%'])
  expect((await row('vitals', 'INP')).slice(1)).toEqual(['300 ms', 'Needs improvement', '70%', '30%', '0%'])
  // FCP and TTFB were not measured.
  await expect(page.locator('#vitals tbody tr')).toHaveCount(3)
})

test('says which captured figures are missing, and how to get them', async ({ page, product }) => {
  await post(product, [{ url: 'http://localhost/' }])
  await openDashboard(page, product)
  for (const id of ['links', 'downloads', 'searches', 'errors', 'vitals']) {
    await expect(page.locator(`#${id}`)).toBeHidden()
    await expect(page.locator(`section[aria-labelledby=${id}-title] .empty`)).toBeVisible()
  }
  await expect(page.locator('#engaged-time')).toHaveText('—')
  await expect(page.locator('#top-pages tbody td').nth(2)).toHaveText('—')
})
