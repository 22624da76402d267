import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '../support/browser-fixtures.js'
import { change, engagements, PUPPET, untilCaptured } from '../support/page-puppet.js'
import { trackedPage } from '../support/test-pages.js'

const ENGAGED = { variant: 'script', capture: 'engagement', head: PUPPET } as const
const NO_MARGIN = '<style>body{margin:0}</style>'
/** A page is read a second after it was counted. */
const SETTLED_MS = 1_100

test('measures how far a page of 5,000 px is scrolled', async ({ tab, servers, site, collector }) => {
  const body = `<div style="height:5000px"></div>${NO_MARGIN}`
  await tab.goto(site.addPage('/', trackedPage(servers, { ...ENGAGED, body })))
  await untilCaptured(collector)
  await sleep(SETTLED_MS)
  const expected = await tab.evaluate(async () => {
    scrollTo(0, 1_234)
    await new Promise((resolve) => setTimeout(resolve, 600))
    scrollTo(0, 0)
    await new Promise((resolve) => setTimeout(resolve, 600))
    return Math.round(((1_234 + document.documentElement.clientHeight) / 5_000) * 100)
  })
  await change(tab, { hidden: true }, 'visibilitychange')
  await collector.until(() => engagements(collector).length > 0)

  expect(engagements(collector)[0]!.properties!['scroll']).toBe(expected)
})

test('measures a page that grows by its full height', async ({ tab, servers, site, collector }) => {
  const body = `<div id="page" style="height:100vh"></div>${NO_MARGIN}`
  await tab.goto(site.addPage('/', trackedPage(servers, { ...ENGAGED, body })))
  await untilCaptured(collector)
  await sleep(SETTLED_MS)
  const expected = await tab.evaluate(() => {
    document.querySelector<HTMLElement>('#page')!.style.height = '5000px'
    return Math.round((document.documentElement.clientHeight / 5_000) * 100)
  })
  await change(tab, { hidden: true }, 'visibilitychange')
  await collector.until(() => engagements(collector).length > 0)

  expect(engagements(collector)[0]!.properties!['scroll']).toBe(expected)
})

test('keeps the height of an accordion that was open', async ({ tab, servers, site, collector }) => {
  const body = `${NO_MARGIN}<div style="height:1500px"></div>
    <details open><summary>More</summary><div style="height:2500px"></div></details>`
  await tab.goto(site.addPage('/', trackedPage(servers, { ...ENGAGED, body })))
  await untilCaptured(collector)
  await sleep(SETTLED_MS)
  const expected = await tab.evaluate(async () => {
    const { scrollHeight, clientHeight } = document.documentElement
    scrollTo(0, 300)
    await new Promise((resolve) => setTimeout(resolve, 600))
    document.querySelector('details')!.open = false
    // The end of what is left.
    scrollTo(0, 1_500)
    await new Promise((resolve) => setTimeout(resolve, 600))
    const end = document.documentElement.scrollHeight
    return end < scrollHeight / 2 && end > clientHeight
      ? Math.round((end / scrollHeight) * 100)
      : 'no accordion'
  })
  await change(tab, { hidden: true }, 'visibilitychange')
  await collector.until(() => engagements(collector).length > 0)

  expect(engagements(collector)[0]!.properties!['scroll']).toBe(expected)
})

test('sends the page before when the application shows another, and measures an inner scroller', async ({
  tab,
  servers,
  site,
  collector,
}) => {
  const body = `<style>body{margin:0} main{height:100vh;overflow:auto} div{height:4000px}</style>
    <main><div></div></main>`
  await tab.goto(site.addPage('/', trackedPage(servers, { ...ENGAGED, body })))
  await untilCaptured(collector)
  await sleep(SETTLED_MS)
  const expected = await tab.evaluate(async () => {
    const main = document.querySelector('main')!
    main.scrollTop = 1_500
    await new Promise((resolve) => setTimeout(resolve, 600))
    const scroll = Math.round(((1_500 + main.clientHeight) / 4_000) * 100)
    history.pushState(null, '', '/next')
    document.title = 'Next'
    main.innerHTML = '<p>Next</p>'
    return scroll
  })
  await collector.until(() => engagements(collector).length > 0)

  expect(engagements(collector)[0]).toMatchObject({
    url: `${site.url}/`,
    properties: { scroll: expected, view: collector.pageviews()[0]!.event_id },
  })
})
