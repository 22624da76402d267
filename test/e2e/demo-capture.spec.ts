import { expect, type Page } from '@playwright/test'
import { ask, asVisitor, type Product, test } from '../support/running-product.js'

interface Hit {
  type: string
  name: string
  path: string
  properties: Record<string, unknown>
}

/** An event of each kind, as type and name; the names of the page's own events differ. */
const CAPTURED = [
  'custom contact_click',
  'custom copy',
  'custom dead_click',
  'custom file_download',
  'custom form_submit',
  'custom not_found',
  'custom outbound_click',
  'custom rage_click',
  'custom video_progress',
  'custom view',
  'engagement',
  'error',
  'pageview',
  'performance',
  'revenue',
]

/** Follows the stream of stored events until the test ends. */
function followHits({ collector, 'website id': id, 'api key': key }: Product) {
  const hits: Hit[] = []
  const ending = new AbortController()
  const follow = async () => {
    const answer = await fetch(`${collector}/api/stream/${id}`, {
      headers: { 'x-api-key': key },
      signal: ending.signal,
    })
    let text = ''
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader()
    for (;;) {
      const { value = '', done } = await reader.read()
      if (done) return
      const messages = (text + value).split('\n\n')
      text = messages.pop()!
      for (const message of messages) {
        const data = /event: hit\ndata: (.*)/.exec(message)?.[1]
        if (data) hits.push(JSON.parse(data) as Hit)
      }
    }
  }
  const following = follow().catch((error: unknown) => {
    if (!ending.signal.aborted) throw error
  })
  return {
    hits,
    names: () => [...new Set(hits.map(({ type, name }) => `${type} ${name}`.trim()))].sort(),
    async stop() {
      ending.abort()
      await following
    },
  }
}

/** Opens pages of the demo as a visitor. Nothing is loaded from other sites. */
async function openDemo(page: Page, product: Product): Promise<(path: string) => Promise<void>> {
  await asVisitor(page)
  await page.context().route(
    (url) => url.protocol === 'https:',
    (route) => route.fulfill({ body: 'another site' }),
  )
  return async (path) => {
    // What is captured is loaded after the pageview was sent.
    const loaded = path.startsWith('/app/') ? undefined : page.waitForResponse(/\/signals\.js$/)
    await page.goto(new URL(path, product.demo).href)
    await loaded
  }
}

/** Clicks until the button is known to be dead: a request of the live widget within two seconds is an answer, too. */
async function clickDead(page: Page, selector: string, isKnown: () => boolean): Promise<void> {
  await expect(async () => {
    await page.click(selector)
    await expect.poll(isKnown, { timeout: 5_000 }).toBe(true)
  }).toPass()
}

async function playAudio(page: Page): Promise<void> {
  await page.locator('audio').evaluate(
    (audio: HTMLAudioElement) =>
      new Promise((resolve, reject) => {
        audio.onended = resolve
        audio.play().catch(reject)
      }),
  )
}

/** Opens the link to another site in another tab, and closes that. */
async function openOtherSite(page: Page): Promise<void> {
  const opened = page.context().waitForEvent('page')
  await page.click('a[href^="https:"]', { modifiers: ['ControlOrMeta'] })
  await (await opened).close()
}

async function copyText(page: Page): Promise<void> {
  await page.locator('pre').selectText()
  await page.keyboard.press('Control+c')
}

test.use({ actionTimeout: 15_000 })

test('captures an event of each kind on the pages of the demo shop', async ({ page, product }) => {
  const stream = followHits(product)
  const open = await openDemo(page, product)

  await open('/')
  await page.fill('#email', 'ada@quillbrook.example')
  await page.click('#newsletter button')
  await page.click('a[href^="mailto:"]')
  await expect.poll(stream.names).toContain('custom view')

  await open('/products')
  await page.click('#notify-me')
  await page.fill('#q', 'Oolong')
  await page.click('[role=search] button')
  await expect(page.locator('#found')).toHaveText('1 of our teas')

  await open('/journal')
  await page.click('h1')
  await playAudio(page)
  await copyText(page)
  await openOtherSite(page)
  await page.click('a[href="/brew-guide.txt"]')
  await page.waitForURL('**/brew-guide.txt')

  await open('/journal/first-flush')
  await open('/products/harbour-breakfast')
  await page.click('#add-to-cart')

  await open('/checkout')
  await page.click('#voucher')
  await page.click('#gift-wrap', { clickCount: 4 })
  await clickDead(page, '#gift-wrap', () => stream.names().includes('custom dead_click'))
  await page.click('#place-order')
  await open('/')

  await expect
    .poll(stream.names)
    .toEqual(
      [
        ...CAPTURED,
        'custom add_to_cart',
        'custom notify_me',
        'custom order_placed',
        'goal newsletter',
      ].sort(),
    )
  const propertiesOf = (wanted: string) =>
    stream.hits.find(({ type, name }) => `${type} ${name}`.trim() === wanted)!.properties
  expect(propertiesOf('revenue')).toMatchObject({ amount: 8.5, currency: 'EUR' })
  expect(propertiesOf('custom notify_me')).toEqual({ tea_name: 'Cedar Oolong' })
  expect(propertiesOf('error')).toMatchObject({ type: 'TypeError', handled: false })
  expect(JSON.stringify(stream.hits)).not.toContain('ada@')
  const { data } = await ask<{ data: { searches: unknown[] } }>(product, '/searches')
  expect(data.searches).toMatchObject([{ term: 'oolong', searches: 1 }])
  await stream.stop()
})

// Two visits: one page load sends at most 20 captured events in ten seconds.
test('captures links, forms and missing views in the single-page app of the demo', async ({
  page,
  product,
}) => {
  const stream = followHits(product)
  const open = await openDemo(page, product)

  await open('/app/')
  await expect.poll(stream.names).toContain('custom view')
  await page.fill('[name=q]', 'Oolong')
  await page.click('[role=search] button')
  await expect(page.locator('.shelf li')).toHaveCount(1)
  // A view counts under the status that the page has by then.
  await expect.poll(() => stream.hits.filter(({ type }) => type === 'pageview').length).toBe(2)
  await page.click('nav a[href="/app/recipes"]')
  await expect.poll(stream.names).toContain('custom not_found')

  await page.click('nav a[href="/app/about"]')
  await page.click('a[href^="mailto:"]')
  await openOtherSite(page)
  await copyText(page)
  await page.click('nav a[href="/app/timer"]')
  await page.click('a[href="/brew-guide.txt"]')

  await expect
    .poll(stream.names)
    .toEqual(
      [
        'custom contact_click',
        'custom copy',
        'custom file_download',
        'custom form_submit',
        'custom not_found',
        'custom outbound_click',
        'custom view',
        'engagement',
        'pageview',
        'performance',
      ].sort(),
    )
  const notFound = stream.hits.filter(({ name }) => name === 'not_found')
  expect(notFound.map(({ path, properties }) => [path, properties])).toEqual([
    ['/app/recipes', { status: 404 }],
  ])
  const { data } = await ask<{ data: { searches: unknown[] } }>(product, '/searches')
  expect(data.searches).toMatchObject([{ term: 'oolong', searches: 1 }])
  await stream.stop()
})

test('captures errors, marked clicks, signals and media in the single-page app of the demo', async ({
  page,
  product,
}) => {
  const stream = followHits(product)
  const open = await openDemo(page, product)

  await open('/app/about')
  await page.click('text=Like this app')
  await page.click('text=Throw')
  await page.click('text=Report')
  await page.click('text=Stir', { clickCount: 4 })
  await clickDead(page, 'text=Stir', () => stream.names().includes('custom dead_click'))
  await page.click('nav a[href="/app/timer"]')
  await playAudio(page)

  await expect
    .poll(stream.names)
    .toEqual(
      expect.arrayContaining([
        'custom dead_click',
        'custom liked',
        'custom rage_click',
        'custom video_progress',
        'error',
        'goal liked',
        'revenue',
      ]),
    )
  const errors = stream.hits.filter(({ type }) => type === 'error').map(({ properties }) => properties)
  expect(errors.map(({ message, handled }) => [message, handled])).toEqual([
    ['the pot is empty', false],
    ['the lid is missing', true],
  ])
  await stream.stop()
})
