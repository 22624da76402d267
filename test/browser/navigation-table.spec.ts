import { expect, test } from '../support/browser-fixtures.js'
import type { RecordingCollector } from '../support/recording-collector.js'
import type { Tab } from '../support/tab.js'
import { trackedPage, VARIANTS } from '../support/test-pages.js'

interface Step {
  name: string
  /** An action of the page or its visitor; it runs in the page and sees nothing of this file. */
  act: () => void | Promise<void>
  /** The URLs counted for it, from the path on. */
  counted: string[]
  /** With `data-hash`. @default the same */
  withHash?: string[]
}

// One walk, because each step starts where the previous one ended.
const STEPS: Step[] = [
  { name: 'a load', act: () => undefined, counted: ['/'] },
  { name: 'push a path', act: () => history.pushState(null, '', '/cart'), counted: ['/cart'] },
  { name: 'push the same address', act: () => history.pushState({ tab: 2 }, '', '/cart'), counted: [] },
  { name: 'replace with the same address', act: () => history.replaceState({ scroll: 80 }, ''), counted: [] },
  {
    name: 'replace with another path',
    act: () => history.replaceState(null, '', '/cart/address'),
    counted: ['/cart/address'],
  },
  {
    name: 'push another query',
    act: () => history.pushState(null, '', '?step=1'),
    counted: ['/cart/address?step=1'],
  },
  {
    name: 'replace the query',
    act: () => history.replaceState(null, '', '?step=2'),
    counted: ['/cart/address?step=2'],
  },
  {
    name: 'redirect: push, and replace at once',
    act: () => {
      history.pushState(null, '', '/account')
      history.replaceState(null, '', '/login')
    },
    counted: ['/login'],
  },
  { name: 'assign a hash', act: () => void (location.hash = 'form'), counted: [], withHash: ['/login#form'] },
  { name: 'assign the same hash', act: () => void (location.hash = 'form'), counted: [] },
  {
    name: 'click a link to a hash',
    act: () => document.querySelector('a')!.click(),
    counted: [],
    withHash: ['/login#top'],
  },
  {
    name: 'push a hash',
    act: () => history.pushState(null, '', '#/route'),
    counted: [],
    withHash: ['/login#/route'],
  },
  {
    name: 'back to a hash',
    act: () =>
      new Promise((resolve) => {
        addEventListener('popstate', () => resolve(), { once: true })
        history.back()
      }),
    counted: [],
    withHash: ['/login#top'],
  },
  {
    name: 'back over several pages',
    act: () =>
      new Promise((resolve) => {
        addEventListener('popstate', () => resolve(), { once: true })
        history.go(-3)
      }),
    counted: ['/cart/address?step=2'],
  },
  {
    name: 'forward',
    act: () =>
      new Promise((resolve) => {
        addEventListener('popstate', () => resolve(), { once: true })
        history.forward()
      }),
    counted: ['/login'],
  },
  { name: 'page() of the page that is counted', act: () => window.tracker.page(), counted: [] },
  { name: 'page() of a virtual page', act: () => window.tracker.page('/virtual'), counted: ['/virtual'] },
  { name: 'page() of the same virtual page', act: () => window.tracker.page('/virtual'), counted: [] },
  { name: 'page() of the real page', act: () => window.tracker.page(), counted: ['/login'] },
  {
    name: 'push, and page() by hand, as a site with its own router does',
    act: () => {
      history.pushState(null, '', '/thanks')
      window.tracker.page()
    },
    counted: ['/thanks'],
  },
]

/**
 * Marks the end of a step once the page has settled and is counted: this timer of the page is longer than
 * the tracker's and ends after it.
 */
function endStep(tab: Tab, name: string): Promise<void> {
  return tab.evaluate(async (step) => {
    await new Promise((resolve) => setTimeout(resolve, 120))
    window.tracker.track(step)
  }, name)
}

/**
 * The URLs counted before the end event of each step, by its name. In the order in which they happened: an
 * event id begins with its time.
 */
function countedBySteps(collector: RecordingCollector): Record<string, string[]> {
  const table: Record<string, string[]> = {}
  let counted: string[] = []
  for (const { event_name, url } of collector
    .events()
    .toSorted((a, b) => Number(a.event_id!.slice(0, 13)) - Number(b.event_id!.slice(0, 13)))) {
    if (event_name === undefined) counted.push(url.slice(new URL(url).origin.length))
    else [table[event_name], counted] = [counted, []]
  }
  return table
}

for (const variant of VARIANTS)
  for (const hash of [false, true])
    test(`${variant}, hash ${hash}: counts each navigation as the table defines`, async ({
      tab,
      servers,
      site,
      collector,
    }) => {
      await tab.goto(
        site.addPage('/', trackedPage(servers, { variant, hash, body: '<a href="#top">Top</a>' })),
      )
      for (const { name, act } of STEPS) {
        await tab.evaluate(act)
        await endStep(tab, name)
      }
      await collector.until(
        () =>
          collector.customEvents(STEPS.at(-1)!.name).length > 0 &&
          Object.keys(countedBySteps(collector)).length === STEPS.length,
      )

      const expected = STEPS.map(
        ({ name, counted, withHash = counted }) => [name, hash ? withHash : counted] as const,
      )
      expect(countedBySteps(collector)).toEqual(Object.fromEntries(expected))
    })
