// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { closePages } from '../tracker/open-page.js'
import { openCapturedPage } from './open-captured-page.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  closePages()
  document.body.innerHTML = ''
})

const openRage = () => openCapturedPage(async () => [(await import('../../src/capture/rage.js')).rage])
const openVideo = () => openCapturedPage(async () => [(await import('../../src/capture/video.js')).video])

/** Puts HTML in the page and returns the element `#it`. */
function show(html: string): Element {
  document.body.innerHTML = html
  return document.querySelector('#it')!
}

const CLICK = { isTrusted: true, button: 0, detail: 1, clientX: 10, clientY: 10 }

type CapturedPage = Awaited<ReturnType<typeof openRage>>

async function click(page: CapturedPage, element: Element, times: number[], properties = {}) {
  let now = 0
  for (const time of times) {
    // The time of an event is when it was created.
    await vi.advanceTimersByTimeAsync(time - now)
    now = time
    await page.act('click', element, { ...CLICK, ...properties })
  }
}

test.each([
  ['four clicks', [0, 400, 800, 1_200], {}, 1],
  ['eight clicks, once', [0, 1, 2, 3, 4, 5, 6, 7], {}, 1],
  ['three clicks', [0, 1, 2], {}, 0],
  ['a pause', [0, 400, 800, 1_301], {}, 0],
  ['the right button', [0, 1, 2, 3], { button: 2 }, 0],
  ['a key that is held down', [0, 1, 2, 3], { detail: 0 }, 0],
  ['clicks of a script', [0, 1, 2, 3], { isTrusted: false }, 0],
])('counts as rage: %s', async (_name, times, properties, expected) => {
  const page = await openRage()
  await click(page, show('<button id="it">Buy</button>'), times, properties)

  expect(page.captured()).toHaveLength(expected)
})

test('sends a mark of a media only when it is played over, and each once', async () => {
  const page = await openVideo()
  const media = show('<video id="it"></video>')
  const play = async (type: string, currentTime: number, seeking = false) => {
    Object.entries({
      currentSrc: 'https://cdn.example/a/talk.mp4?k=1',
      duration: 100,
      ended: false,
      seeking,
      currentTime,
    }).forEach(([name, value]) => Object.defineProperty(media, name, { configurable: true, value }))
    await page.act(type, media)
  }
  await play('play', 0)
  await play('timeupdate', 26)
  await play('seeking', 60, true)
  await play('timeupdate', 61)
  await play('timeupdate', 76)
  await play('seeking', 0, true)
  await play('timeupdate', 51)

  expect(page.captured().map(({ properties }) => properties)).toEqual([
    { percent: 25, title: 'talk.mp4' },
    { percent: 75, title: 'talk.mp4' },
    { percent: 50, title: 'talk.mp4' },
  ])
})

test.each([
  ['live', Infinity],
  ['not loaded', NaN],
])('sends nothing of media that is %s', async (_name, duration) => {
  const page = await openVideo()
  const media = show('<audio id="it"></audio>')
  for (const currentTime of [0, 50, 500]) {
    Object.entries({
      currentSrc: 'https://cdn.example/live',
      duration,
      ended: false,
      seeking: false,
      currentTime,
    }).forEach(([name, value]) => Object.defineProperty(media, name, { configurable: true, value }))
    await page.act('timeupdate', media)
  }

  expect(page.captured()).toEqual([])
})

test.each([
  ['<button id="it">Buy</button>', 'button#it'],
  ['<form id="order"><b class="x1 big"><i id=":r4:" class="css-1ab"></i></b></form>', 'form#order b.big i'],
  [
    '<form id="order"><input name="id"><input name="className"><i class="Button_root__aB9xQ go"></i></form>',
    'form#order i.go',
  ],
  [`<p id="${'x'.repeat(10_000)}"><i></i></p>`, 'html body p i'],
])('selects %s as %s', async (html, selector) => {
  const { selectorOf } = await import('../../src/capture/selector-of.js')
  document.body.innerHTML = html

  expect(selectorOf(document.querySelector('#it') ?? document.querySelector('i'))).toBe(selector)
})
