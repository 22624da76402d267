import { expect, test } from '../support/browser-fixtures.js'
import { liveScriptPage } from '../support/live-pages.js'
import type { Tab } from '../support/tab.js'

declare global {
  interface Window {
    layoutShift: number
  }
}

const OBSERVE_SHIFTS = `<script>
  window.layoutShift = 0
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) layoutShift += entry.value
  }).observe({ type: 'layout-shift', buffered: true })
</script>`

// Large, so that a shift of one pixel counts.
const BODY = `<p><zenovay-live></zenovay-live> <b style="display: inline-block; width: 300px; height: 300px">visitors</b></p>`

// Longer than it takes to paint a page.
const PAINTED_MS = 500

function readNumber(tab: Tab): Promise<string | null> {
  return tab.evaluate(() => document.querySelector('zenovay-live')!.textContent)
}

async function readLayoutShift(tab: Tab): Promise<number> {
  // Entries are queued with the next painted frame.
  await tab.evaluate(() =>
    new Promise((resolve) =>
      requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve))),
    ).then(() => undefined),
  )
  return tab.evaluate(() => window.layoutShift)
}

test.skip(({ browserName }) => browserName !== 'chromium', 'only Chromium measures layout shifts')

for (const visitors of [7, 42, 999])
  test(`shows ${visitors} without a layout shift`, async ({ tab, servers, site, collector }) => {
    collector.liveVisitors = visitors
    collector.delayMs = PAINTED_MS
    await tab.goto(
      site.addPage('/', liveScriptPage(servers, { head: OBSERVE_SHIFTS, body: BODY, blockRendering: true })),
    )
    await expect.poll(() => readNumber(tab)).toBe(String(visitors))

    expect(await readLayoutShift(tab)).toBe(0)
  })

test('causes no layout shift when the live count changes', async ({ tab, servers, site, collector }) => {
  await tab.goto(
    site.addPage('/', liveScriptPage(servers, { head: OBSERVE_SHIFTS, body: BODY, blockRendering: true })),
  )
  await expect.poll(() => readNumber(tab)).toBe('42')
  collector.liveVisitors = 111
  // A page that becomes visible polls at once.
  await tab.evaluate(() => void document.dispatchEvent(new Event('visibilitychange')))
  await expect.poll(() => readNumber(tab)).toBe('111')

  expect(await readLayoutShift(tab)).toBe(0)
})

test('causes no layout shift if page CSS reserves more space', async ({ tab, servers, site, collector }) => {
  collector.liveVisitors = 12_345
  collector.scriptDelayMs = PAINTED_MS
  const head = `${OBSERVE_SHIFTS}<style>zenovay-live { display: inline-block; min-width: 8ch }</style>`
  await tab.goto(site.addPage('/', liveScriptPage(servers, { head, body: BODY })))
  await expect.poll(() => readNumber(tab)).toBe('12,345')

  expect(await readLayoutShift(tab)).toBe(0)
})
