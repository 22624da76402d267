// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { closePages } from '../tracker/open-page.js'
import { openCapturedPage, type CapturedPage } from './open-captured-page.js'

/** Layout of an element, which happy-dom does not compute. */
interface Box {
  clientWidth: number
  clientHeight: number
  scrollTop: number
  scrollHeight: number
}

let page: CapturedPage
let root: Box
let isHidden: boolean
let reads: number

beforeEach(() => {
  vi.useFakeTimers()
  isHidden = false
  reads = 0
  root = { clientWidth: 1200, clientHeight: 800, scrollTop: 0, scrollHeight: 5000 }
  const scrollingElement = document.createElement('html')
  lay(scrollingElement, root)
  vi.spyOn(document, 'scrollingElement', 'get').mockReturnValue(scrollingElement)
  vi.spyOn(document, 'hidden', 'get').mockImplementation(() => isHidden)
  vi.spyOn(document, 'hasFocus').mockReturnValue(true)
  vi.stubGlobal('innerWidth', 1200)
  vi.stubGlobal('innerHeight', 800)
  vi.stubGlobal('requestAnimationFrame', (task: () => void) => setTimeout(task, 16))
})
afterEach(() => {
  closePages()
  document.body.innerHTML = ''
})

/** Gives an element this layout, which the test may change. */
function lay(element: Element, box: Box): Element {
  for (const name of ['clientWidth', 'clientHeight', 'scrollTop', 'scrollHeight'] as const)
    Object.defineProperty(element, name, {
      get: () => {
        if (name === 'scrollHeight') reads++
        return box[name]
      },
    })
  return element
}

async function open(): Promise<void> {
  page = await openCapturedPage(async () => [(await import('../../src/capture/engagement.js')).engagement])
}

const wait = (ms: number) => vi.advanceTimersByTimeAsync(ms)

async function scroll(scrollTop: number, box = root, element?: Element): Promise<void> {
  box.scrollTop = scrollTop
  page.fire('scroll', { composedPath: () => (element ? [element, document, window] : [document, window]) })
  await wait(300)
}

/** Hides the page and returns the scroll of every event so far. */
async function hide(): Promise<unknown[]> {
  isHidden = true
  await page.act('visibilitychange', document.body)
  return page
    .captured()
    .filter(({ event_type }) => event_type === 'engagement')
    .map(({ properties }) => (properties as { scroll?: number }).scroll)
}

test('measures a page of 5,000 px exactly', async () => {
  await open()
  await wait(1_500)
  for (const top of [100, 900, 1_700, 400]) await scroll(top)
  expect(await hide()).toEqual([50])
})

test('says 16 % of a page that grows from 800 to 5,000 px, not 100 %', async () => {
  root.scrollHeight = 800
  await open()
  await wait(3_000)
  root.scrollHeight = 5_000
  expect(await hide()).toEqual([16])
})

test('says 16 % of a grown page that another page follows', async () => {
  root.scrollHeight = 800
  await open()
  await wait(2_000)
  root.scrollHeight = 5_000
  await wait(6_000)
  root.scrollHeight = 800
  page.run('page', '/next')
  await page.settle()
  expect(await hide()).toEqual([16])
})

test('is not spoilt by an accordion that closes', async () => {
  await open()
  await wait(1_500)
  await scroll(1_200)
  root.scrollHeight = 2_000
  await scroll(1_200)
  expect(await hide()).toEqual([40])
})

test('clamps what is scrolled beyond the ends', async () => {
  await open()
  await wait(1_500)
  await scroll(-200)
  await scroll(4_400)
  expect(await hide()).toEqual([100])
})

test('measures the largest element that scrolled and covers half of the viewport', async () => {
  root.scrollHeight = 800
  document.body.innerHTML = '<main></main><aside></aside>'
  const main = { clientWidth: 900, clientHeight: 800, scrollTop: 0, scrollHeight: 4_000 }
  const aside = { clientWidth: 300, clientHeight: 800, scrollTop: 0, scrollHeight: 1_000 }
  const [mainElement, asideElement] = [...document.body.children].map((element, index) =>
    lay(element, index ? aside : main),
  )
  await open()
  await wait(1_500)
  await scroll(1_200, main, mainElement)
  await scroll(200, aside, asideElement)
  expect(await hide()).toEqual([50])
})

test('reads nothing in the first second, nor after the address has changed', async () => {
  await open()
  await scroll(4_200)
  await wait(200)
  root.scrollTop = 0
  await wait(1_000)
  vi.stubGlobal('location', new URL('https://shop.example/next'))
  await scroll(4_200)
  page.run('page')
  await page.settle()
  expect(await hide()).toEqual([16])
})

test('reads once in 250 ms of scrolling', async () => {
  await open()
  await wait(2_000)
  reads = 0
  for (let n = 0; n < 250; n++) {
    page.fire('scroll', { composedPath: () => [document, window] })
    await wait(4)
  }
  expect(reads).toBeGreaterThan(2)
  expect(reads).toBeLessThanOrEqual(4)
})

test('sends deeper scroll even without 250 ms more', async () => {
  await open()
  await wait(2_000)
  await hide()
  isHidden = false
  await page.act('visibilitychange', document.body)
  root.scrollTop = 1_700
  expect(await hide()).toEqual([16, 50])
})
