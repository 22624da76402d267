// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { closePages, openPage } from './open-page.js'

const CODE = 'ZV_UnitTest1'

type Api = ((...call: unknown[]) => unknown) & { q?: unknown[] }

let warnings: string[]

beforeEach(() => {
  warnings = []
  vi.spyOn(console, 'warn').mockImplementation((...text) => void warnings.push(text.join(' ')))
})
afterEach(() => {
  closePages()
  delete (window as { zenovay?: Api }).zenovay
})

/** Runs the script on a page with these tags; with `current`, the last one is `currentScript`. */
async function runScript(tags: string, { current = false } = {}) {
  const page = openPage()
  // Not in the document, where happy-dom would load them.
  const template = document.createElement('template')
  template.innerHTML = tags
  const scripts = [...template.content.querySelectorAll('script')]
  vi.spyOn(document, 'querySelectorAll').mockReturnValue(
    scripts as unknown as ReturnType<typeof document.querySelectorAll>,
  )
  vi.spyOn(document, 'currentScript', 'get').mockReturnValue(current ? scripts.at(-1)! : null)
  await import('../../src/tracker/script.js')
  await page.settle()
  return {
    ...page,
    zenovay: (window as { zenovay?: Api }).zenovay!,
    urls: () => page.fetch.mock.calls.map(([url]) => url as string),
  }
}

test('finds its tag by the tracking code and sends events to the origin of the script URL', async () => {
  const { urls } = await runScript(
    `<script src="https://other.example/x.js"></script><script data-tracking-code="${CODE}" src="https://collector.example/js/z.js"></script>`,
  )

  expect(urls()).toEqual([`https://collector.example/e/${CODE}`])
})

test('prefers the current script to another tag with a tracking code', async () => {
  const { urls } = await runScript(
    `<script data-id="ZV_Other" src="https://other.example/z.js"></script><script data-id="${CODE}" src="https://collector.example/z.js"></script>`,
    { current: true },
  )

  expect(urls()).toEqual([`https://collector.example/e/${CODE}`])
})

test('uses another tag if the current script has no tracking code', async () => {
  const { urls } = await runScript(
    `<script data-id="${CODE}" data-api-url="/stats"></script><script src="/bundle.js"></script>`,
    { current: true },
  )

  expect(urls()).toEqual([`/stats/e/${CODE}`])
})

for (const [apiUrl, expected] of [
  ['https://shop.example/stats', `https://shop.example/stats/e/${CODE}`],
  ['https://shop.example/stats/', `https://shop.example/stats/e/${CODE}`],
  ['https://shop.example', `https://shop.example/e/${CODE}`],
  ['/', `/e/${CODE}`],
] as const)
  test(`sends events to ${expected} if data-api-url is "${apiUrl}"`, async () => {
    const { urls } = await runScript(
      `<script data-tracking-code="${CODE}" data-api-url="${apiUrl}" src="https://collector.example/z.js"></script>`,
    )
    expect(urls()).toEqual([expected])
  })

test('sends events to the origin of the page if the script is inline', async () => {
  const { urls } = await runScript(`<script data-tracking-code="${CODE}"></script>`)

  expect(urls()).toEqual([`https://shop.example/e/${CODE}`])
})

for (const [name, tags] of [
  ['no tag', '<script src="/other.js"></script>'],
  ['an empty code', '<script data-tracking-code="" src="https://collector.example/z.js"></script>'],
  [
    'an impossible code',
    '<script data-tracking-code="UA-12345-6" src="https://collector.example/z.js"></script>',
  ],
] as const)
  test(`logs one warning with the fix and sends nothing if the page has ${name}`, async () => {
    const page = await runScript(tags)

    expect(warnings).toEqual([expect.stringContaining('data-tracking-code=ZV_')])
    expect(page.posts).toEqual([])
  })

test('runs queued calls in order after the first pageview', async () => {
  const stub: Api = () => {}
  stub.q = [
    ['track', 'first', { position: 1 }],
    (function (..._call: unknown[]) {
      // eslint-disable-next-line prefer-rest-params -- what the documented stub pushes
      return arguments
    })('track', 'second'),
  ]
  ;(window as { zenovay?: Api }).zenovay = stub
  const page = await runScript(
    `<script data-tracking-code="${CODE}" src="https://collector.example/z.js"></script>`,
  )

  expect(page.posts.map((events) => events.map(({ event_name = 'pageview' }) => event_name))).toEqual([
    ['pageview', 'first', 'second'],
  ])
  expect(page.posts[0]![1]!['properties']).toEqual({ position: 1 })
})

test('counts a page once if it loads the script twice', async () => {
  const tag = `<script data-tracking-code="${CODE}" src="https://collector.example/z.js"></script>`
  const { zenovay } = await runScript(tag)
  const second = await runScript(tag)

  expect(second.zenovay).toBe(zenovay)
  expect(second.posts.flat()).toHaveLength(1)
})

test('returns the results of commands and warns about unknown commands', async () => {
  const { zenovay, posts } = await runScript(
    `<script data-tracking-code="${CODE}" src="https://collector.example/z.js"></script>`,
  )

  expect(zenovay('getVisitorId')).toBe(posts[0]![0]!['visitor_id'])
  expect(zenovay('teleport')).toBeUndefined()
  expect(zenovay('teleport')).toBeUndefined()
  expect(warnings).toEqual([expect.stringMatching(/^zenovay: teleport /)])
})
