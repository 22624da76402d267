import { join } from 'node:path'
import { bundleApp } from '../support/bundle-app.js'
import { expect, test } from '../support/browser-fixtures.js'
import { untilCaptured } from '../support/page-puppet.js'
import type { RecordingCollector } from '../support/recording-collector.js'
import { trackedPage } from '../support/test-pages.js'

const CAPTURED = { variant: 'script', capture: 'outbound downloads forms clicks' } as const

/** Names of what was sent besides pageviews. */
const names = (collector: RecordingCollector): (string | undefined)[] =>
  collector
    .events()
    .filter(({ event_type = 'pageview' }) => event_type !== 'pageview')
    .map(({ event_name }) => event_name)

test('captures clicks and submits in a React application that stops propagation and re-renders', async ({
  tab,
  servers,
  site,
  collector,
}) => {
  const app = await bundleApp(join(import.meta.dirname, '../react/start-basket.ts'))
  site.addPage('/basket.js', app, { 'content-type': 'text/javascript' })
  const body = `<main></main><script type="module">
    import { startBasket } from '/basket.js'
    startBasket(document.querySelector('main'))
  </script>`
  await tab.goto(site.addPage('/', trackedPage(servers, { ...CAPTURED, body })))
  await untilCaptured(collector)
  await tab.click('#add')
  await tab.click('#add')
  await tab.click('#partner')
  await tab.click('#send')
  await collector.until(() => names(collector).length >= 4)

  expect(names(collector)).toEqual(['add', 'add', 'outbound_click', 'form_submit'])
  expect(collector.customEvents('add').map(({ properties }) => properties)).toEqual([
    { count: '0' },
    { count: '1' },
  ])
})

test('captures clicks and submits in open shadow roots, not in closed ones', async ({
  tab,
  servers,
  site,
  collector,
}) => {
  const body = `<div id="open"></div><div id="closed"></div><script>
    const html = (name) => '<a href="https://other.example/' + name + '"><b>Link</b></a>' +
      '<form id="' + name + '"><button data-zenovay-event="' + name + '">Send</button></form>'
    window.roots = ['open', 'closed'].map((mode) => {
      const root = document.querySelector('#' + mode).attachShadow({ mode })
      root.innerHTML = html(mode)
      for (const type of ['click', 'submit'])
        root.addEventListener(type, (event) => (type === 'submit' || event.target.closest('a')) && event.preventDefault())
      return root
    })
  </script>`
  await tab.goto(site.addPage('/', trackedPage(servers, { ...CAPTURED, body })))
  await untilCaptured(collector)
  await tab.evaluate(() => {
    const { roots } = window as unknown as { roots: ShadowRoot[] }
    for (const root of roots.toReversed()) {
      root.querySelector('b')!.click()
      root.querySelector('button')!.click()
    }
  })
  await collector.until(() => names(collector).length >= 2)

  // The event of a submit stays in its shadow root.
  expect(names(collector)).toEqual(['outbound_click', 'open'])
})

test('captures events that the page stops, and throws nothing into a page that patches built-ins', async ({
  tab,
  servers,
  site,
  collector,
}) => {
  const head = `<script>
    const { fetch } = window
    window.fetch = (...call) => fetch(...call)
    const { pushState } = history
    history.pushState = function (...call) { return pushState.apply(this, call) }
    for (const { prototype } of [Event, MouseEvent, EventTarget, Element, Array, Object]) Object.freeze(prototype)
    for (const type of ['click', 'submit']) {
      document.addEventListener(type, (event) => { event.stopPropagation(); event.preventDefault() }, true)
    }
  </script>`
  const long = 'x'.repeat(10_000)
  const body = `
    <a id="link" href="https://other.example/a">Link</a>
    <button id="long" data-zenovay-event="${long}" data-zenovay-prop-${long.slice(0, 200)}="${long}">Long</button>
    <button id="revenue" data-zenovay-revenue="abc">Revenue</button>
    <button id="names" data-zenovay-prop-="none" data-zenovay-goal="  ">Names</button>
    <a id="script" href="javascript:void 0">Script</a><a id="broken" href="http://[">Broken</a>
    <a id="endless" href="https://other.example/${long}" download="${long}">Endless</a>
    <form id="form"><input name="id"><input name="action"><input name="elements"><input name="submit"></form>
    <script>
      const element = document.querySelector('#link')
      element.addEventListener('click', (event) => event.stopImmediatePropagation())
    </script>`
  await tab.goto(site.addPage('/', trackedPage(servers, { ...CAPTURED, head, body })))
  await untilCaptured(collector)
  await tab.evaluate(async () => {
    for (const element of document.querySelectorAll<HTMLElement>('a,button')) {
      element.click()
      await new Promise((resolve) => setTimeout(resolve, 60))
    }
    HTMLFormElement.prototype.requestSubmit.call(document.querySelector('form')!)
  })
  await collector.until(() => names(collector).length >= 4)

  expect(names(collector)).toEqual(['outbound_click', 'x'.repeat(64), 'file_download', 'form_submit'])
})
