import { setTimeout as sleep } from 'node:timers/promises'
import type { IngestEvent } from '../../src/contract/wire.js'
import { expect, test } from '../support/browser-fixtures.js'
import type { RecordingCollector } from '../support/recording-collector.js'
import type { RecordingServers } from '../support/recording-servers.js'
import type { Tab } from '../support/tab.js'
import { trackedPage } from '../support/test-pages.js'

declare global {
  interface Window {
    clickTimes?: number[]
  }
}

/** Longer than a dead click or a view takes, with the time that the file takes to arrive. */
const DECIDED_MS = 2_600

/** Opens a page that captures these kinds, and waits until they listen. */
async function open(
  { tab, servers, collector }: { tab: Tab; servers: RecordingServers; collector: RecordingCollector },
  capture: string,
  body: string,
): Promise<void> {
  await tab.goto(
    servers.site.addPage(
      '/',
      trackedPage(servers, { variant: 'script', capture, body: `<div style="height: 20px"></div>${body}` }),
    ),
  )
  await collector.until(() => collector.requests.some(({ path }) => path === '/signals.js'))
  await sleep(200)
}

const captured = (collector: RecordingCollector): IngestEvent[] =>
  collector.events().filter(({ event_type }) => event_type === 'custom')

const summaries = (collector: RecordingCollector) =>
  captured(collector).map(({ event_name, properties, interactive }) => ({
    event_name,
    properties,
    interactive,
  }))

async function clickOften(tab: Tab, selector: string, times: number): Promise<void> {
  for (let count = 0; count < times; count++) await tab.click(selector)
}

/** Divides the times of clicks where one follows more than half a second after another. */
const toSeries = (times: number[]): number[][] =>
  times.reduce<number[][]>((series, time, index) => {
    if (index > 0 && time - times[index - 1]! <= 500) series.at(-1)!.push(time)
    else series.push([time])
    return series
  }, [])

test.describe('rage', () => {
  test('sends one rage_click for four fast clicks and more on one button', async ({
    tab,
    servers,
    collector,
  }) => {
    await open(
      { tab, servers, collector },
      'rage',
      '<form id="order"><button type="button" class="big x1">Buy <b>now</b></button></form>',
    )
    await tab.evaluate(() =>
      addEventListener('click', ({ timeStamp }) => (window.clickTimes ??= []).push(timeStamp), true),
    )
    // On a busy machine, a driver's clicks may be too far apart, and then are several series.
    let series: number[][] = []
    await expect(async () => {
      await clickOften(tab, 'button', 8)
      series = toSeries(await tab.evaluate(() => window.clickTimes!))
      expect(Math.max(...series.map(({ length }) => length))).toBeGreaterThan(4)
    }).toPass()
    const angry = series.filter(({ length }) => length >= 4)
    await collector.until(() => captured(collector).length >= angry.length)
    await sleep(300)

    expect(summaries(collector)).toEqual(
      angry.map(() => ({
        event_name: 'rage_click',
        properties: { text: 'Buy now', selector: 'form#order button.big' },
        interactive: false,
      })),
    )
  })

  for (const [name, body] of [
    ['an input', '<input id="it" type="checkbox">'],
    ['a stepper', '<p><button id="it">+</button><input type="number"></p>'],
    ['a player', '<p><button id="it">Skip</button><audio></audio></p>'],
    ['an excepted element', '<p data-zenovay-no-rage><button id="it">Next</button></p>'],
    ['selected text', '<p id="it">Words that a visitor selects</p>'],
  ] as const)
    test(`sends nothing for fast clicks on ${name}`, async ({ tab, servers, collector }) => {
      await open({ tab, servers, collector }, 'rage', body)
      await tab.evaluate(() => {
        const element = document.querySelector('#it')!
        // A driver's clicks do not select text, as a visitor's second and third do before the click arrives.
        element.addEventListener('mouseup', () => {
          if (element.localName === 'p') getSelection()!.selectAllChildren(element)
        })
      })
      await clickOften(tab, '#it', 5)
      await sleep(500)

      expect(summaries(collector)).toEqual([])
    })

  test('sends rage_click while text elsewhere is selected', async ({ tab, servers, collector }) => {
    await open({ tab, servers, collector }, 'rage', '<p>Words</p><button>Buy now</button>')
    await tab.evaluate(() => {
      // Some engines keep a selection when a button is pressed.
      document.addEventListener('mouseup', () =>
        getSelection()!.selectAllChildren(document.querySelector('p')!),
      )
    })
    // On a busy machine, a driver's clicks may be too far apart.
    await expect(async () => {
      await clickOften(tab, 'button', 4)
      await expect
        .poll(() => collector.customEvents('rage_click').length, { timeout: 2_000 })
        .toBeGreaterThan(0)
    }).toPass()
  })

  test('sends nothing for four clicks, one of them late, or for clicks of the page itself', async ({
    tab,
    servers,
    collector,
  }) => {
    await open({ tab, servers, collector }, 'rage', '<button>Buy</button>')
    await clickOften(tab, 'button', 3)
    await sleep(700)
    await tab.click('button')
    await tab.evaluate(() => {
      for (let count = 0; count < 9; count++) document.querySelector('button')!.click()
    })
    await sleep(300)

    expect(summaries(collector)).toEqual([])
  })
})

test.describe('dead', () => {
  test('sends dead_click once for a button and a prevented link after which nothing happens', async ({
    tab,
    servers,
    collector,
  }) => {
    await open(
      { tab, servers, collector },
      'dead',
      `<button>Buy</button> <div role="button" id="card">Card</div> <a href="/x" onclick="return false" id="link">More</a>`,
    )
    await clickOften(tab, 'button', 2)
    await sleep(DECIDED_MS)
    // The focus moves with each: clicks on other elements within two seconds would be a sign of life.
    await tab.click('#card')
    await sleep(DECIDED_MS)
    await tab.click('#link')
    await collector.until(() => captured(collector).length > 2)
    await tab.click('button')
    await sleep(DECIDED_MS)

    expect(
      summaries(collector).map(({ event_name, properties }) => [event_name, properties?.['text']]),
    ).toEqual([
      ['dead_click', 'Buy'],
      ['dead_click', 'Card'],
      ['dead_click', 'More'],
    ])
    expect(summaries(collector)[1]).toEqual({
      event_name: 'dead_click',
      properties: { text: 'Card', selector: 'div#card' },
      interactive: false,
    })
  })

  for (const [name, work] of [
    ['the document', `document.body.append('x')`],
    ['an attribute, at once', `document.body.className = 'open'`],
    ['the address', `history.pushState(0, '', '?x')`],
    ['the focus', `document.querySelector('input').focus()`],
    ['the selection', `getSelection().selectAllChildren(document.body)`],
    ['the scroll position', `window.scrollTo(0, 500)`],
    ['the document, after a second', `setTimeout(() => document.body.append('x'), 1000)`],
    [
      'nothing but a request that hangs',
      `fetch('/page-messages', { method: 'POST', body: '{"kind":"warn","text":"asked"}' })`,
    ],
    [
      'nothing but a request of XMLHttpRequest',
      `const r = new XMLHttpRequest(); r.open('GET', '/'); r.send()`,
    ],
  ] as const)
    test.describe(name, () => {
      test.use({ expectedMessages: /asked/ })
      test(`sends nothing for a click that changes ${name}`, async ({ tab, servers, collector }) => {
        await open(
          { tab, servers, collector },
          'dead',
          `<button onclick="${work.replaceAll('"', '&quot;')}">Buy</button><input><p style="height: 3000px"></p>`,
        )
        await tab.click('button')
        await sleep(DECIDED_MS)

        expect(summaries(collector)).toEqual([])
      })
    })

  test('sends nothing for a link that leads on, or inside of text', async ({ tab, servers, collector }) => {
    await open(
      { tab, servers, collector },
      'dead',
      `<a id="link" href="#here">Here</a> <p id="text">Text</p>`,
    )
    await tab.click('#link')
    await tab.click('#text')
    await sleep(DECIDED_MS)

    expect(summaries(collector)).toEqual([])
  })

  test('sees a change in the shadow tree of the button', async ({ tab, servers, collector }) => {
    await open({ tab, servers, collector }, 'dead', '<div id="host"></div>')
    await tab.evaluate(() => {
      const root = document.querySelector('#host')!.attachShadow({ mode: 'open' })
      root.innerHTML = '<button>Buy</button><i></i>'
      root.querySelector('button')!.addEventListener('click', () => root.querySelector('i')!.append('x'))
    })
    await tab.click('#host')
    await sleep(DECIDED_MS)

    expect(summaries(collector)).toEqual([])
  })
})

test.describe('copy', () => {
  test('sends the length and the nearest name, never the text', async ({ tab, servers, collector }) => {
    await open(
      { tab, servers, collector },
      'copy',
      `<section id="article"><p id="p" data-zenovay-copy="quote">secret words</p></section>
      <input id="field" value="secret"><p data-private id="own">secret</p>`,
    )
    await tab.evaluate(() => {
      // WebKit lets only visitors copy.
      const copy = (element: Element) =>
        document.execCommand('copy') ||
        element.dispatchEvent(new ClipboardEvent('copy', { bubbles: true, composed: true }))
      for (const selector of ['#p', '#own']) {
        const element = document.querySelector(selector)!
        getSelection()!.selectAllChildren(element)
        copy(element)
      }
      const field = document.querySelector<HTMLInputElement>('#field')!
      field.select()
      copy(field)
    })
    await collector.until(() => captured(collector).length > 0)
    await sleep(200)

    expect(summaries(collector)).toEqual([
      { event_name: 'copy', properties: { length: 12, element: 'quote' }, interactive: false },
    ])
    expect(JSON.stringify(collector.events())).not.toContain('secret')
  })
})

test.describe('video', () => {
  /** A silent WAV file of some seconds, as a URL of a blob. */
  const PLAYER = `<audio id="it" title="Talk" muted></audio><script>
    function load(seconds) {
      const rate = 8000, size = rate * seconds, view = new DataView(new ArrayBuffer(44 + size))
      const text = (at, word) => [...word].forEach((letter, index) => view.setUint8(at + index, letter.charCodeAt(0)))
      text(0, 'RIFF'), view.setUint32(4, 36 + size, true), text(8, 'WAVEfmt '), view.setUint32(16, 16, true)
      view.setUint16(20, 1, true), view.setUint16(22, 1, true), view.setUint32(24, rate, true)
      view.setUint32(28, rate, true), view.setUint16(32, 1, true), view.setUint16(34, 8, true)
      text(36, 'data'), view.setUint32(40, size, true)
      for (let at = 44; at < 44 + size; at++) view.setUint8(at, 128)
      const media = document.querySelector('#it')
      media.src = URL.createObjectURL(new Blob([view], { type: 'audio/wav' }))
      return new Promise((resolve) => media.addEventListener('loadeddata', () => resolve(), { once: true }))
    }
  </script>`
  type Loader = Window & { load(seconds: number): Promise<void> }

  test('sends each quarter that is played, once though it is played again', async ({
    tab,
    servers,
    collector,
  }) => {
    await open({ tab, servers, collector }, 'video', PLAYER)
    await tab.evaluate(async () => {
      await (window as unknown as Loader).load(2)
      const media = document.querySelector('audio')!
      for (let round = 0; round < 2; round++) {
        await media.play()
        await new Promise((resolve) => media.addEventListener('ended', resolve, { once: true }))
      }
    })
    await collector.until(() => captured(collector).length > 3)
    await sleep(200)

    expect(summaries(collector)).toEqual(
      [25, 50, 75, 100].map((percent) => ({
        event_name: 'video_progress',
        properties: { percent, title: 'Talk' },
        interactive: false,
      })),
    )
  })

  test('does not reach a mark that is jumped over', async ({ tab, servers, collector }) => {
    await open({ tab, servers, collector }, 'video', PLAYER)
    await tab.evaluate(async () => {
      await (window as unknown as Loader).load(4)
      const media = document.querySelector('audio')!
      await media.play()
      media.currentTime = 3.2
      await new Promise((resolve) => media.addEventListener('ended', resolve, { once: true }))
    })
    await collector.until(() => captured(collector).length > 0)
    await sleep(200)

    expect(summaries(collector).map(({ properties }) => properties?.['percent'])).toEqual([100])
  })
})

test.describe('views', () => {
  test('sends what was seen for a second, once, and what is added later', async ({
    tab,
    servers,
    collector,
  }) => {
    await open(
      { tab, servers, collector },
      'views',
      `<div data-zenovay-view="top" style="height: 100px"></div>
      <div data-zenovay-view="long" style="height: 9000px"></div>
      <div data-zenovay-view="end" style="height: 100px"></div>`,
    )
    await tab.evaluate(() => {
      document.body.insertAdjacentHTML('afterbegin', '<p data-zenovay-view="late">late</p>')
    })
    await collector.until(() => captured(collector).length > 2)
    await tab.evaluate(async () => {
      const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
      // Passes by the last one, and is back at the first ones.
      scrollTo(0, 99_999)
      await wait(300)
      scrollTo(0, 0)
      await wait(1_500)
    })

    expect(
      summaries(collector)
        .map(({ event_name, properties, interactive }) => [event_name, properties?.['name'], interactive])
        .toSorted(),
    ).toEqual([
      ['view', 'late', false],
      ['view', 'long', false],
      ['view', 'top', false],
    ])
  })
})
