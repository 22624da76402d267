// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from 'vitest'
import { closePages, type PageSetup } from '../tracker/open-page.js'
import { openCapturedPage } from './open-captured-page.js'

afterEach(() => {
  closePages()
  document.head.innerHTML = document.body.innerHTML = ''
})

const LEFT = { button: 0 }

const LOAD = {
  downloads: async () => {
    const { outbound } = await import('../../src/capture/outbound.js')
    return [(await import('../../src/capture/downloads.js')).downloads, outbound]
  },
  forms: async () => [(await import('../../src/capture/forms.js')).forms],
  clicks: async () => [(await import('../../src/capture/clicks.js')).clicks],
  notfound: async () => [(await import('../../src/capture/notfound.js')).notfound],
}

const open = (kind: keyof typeof LOAD, setup?: PageSetup) => openCapturedPage(LOAD[kind], setup)

function show(html: string): Element {
  document.body.innerHTML = html
  return document.querySelector('#it') ?? document.body.firstElementChild!
}

/** Name, or type, and properties of all captured events. */
const sent = (page: Awaited<ReturnType<typeof open>>) =>
  page.captured().map(({ event_name, event_type, properties }) => [event_name ?? event_type, properties])

test('downloads: sends file_download instead of outbound_click, whatever the host', async () => {
  const page = await open('downloads')
  await page.act('click', show('<a href="https://other.example/Price.PDF?x=1">Prices</a>'), LEFT)
  await page.act('click', show('<a download href="https://shop.example/export">Export</a>'), LEFT)
  await page.act('click', show('<a download href="blob:https://shop.example/1">Blob</a>'), LEFT)
  await page.act('click', show('<a href="https://shop.example/page?file=x.pdf">Page</a>'), LEFT)

  expect(sent(page)).toEqual([
    ['file_download', { url: 'https://other.example/Price.PDF?x=1', extension: 'pdf', text: 'Prices' }],
    ['file_download', { url: 'https://shop.example/export', extension: '', text: 'Export' }],
    ['file_download', { extension: '', text: 'Blob' }],
  ])
})

test.each([
  ['+stl', ['pdf', 'stl']],
  ['stl', ['stl']],
])('downloads: knows the extensions of data-downloads="%s"', async (list, expected) => {
  const page = await open('downloads', { dataset: { downloads: list } })
  for (const extension of ['pdf', 'stl'])
    await page.act('click', show(`<a href="https://shop.example/a.${extension}">A</a>`), LEFT)

  expect(page.captured().map(({ properties }) => (properties as { extension: string }).extension)).toEqual(
    expected,
  )
})

test('forms: sends what the form is, never a value or the name of a field', async () => {
  const page = await open('forms')
  const form = show(`<form id="signup" name="join" action="/join?token=secret" method="POST">
    <input name="id" value="secret"><input name="action"><input name="password" type="password" value="secret">
    <input type="hidden" name="csrf" value="secret"><input></form>`)
  await page.act('submit', form)
  await page.act('submit', form)

  expect(sent(page)).toEqual([
    ['form_submit', { form: 'signup', name: 'join', action: '/join', method: 'post', fields: 3 }],
  ])
})

test('clicks: sends the event, goal and revenue of the nearest marked element', async () => {
  const page = await open('clicks')
  const html = `<div data-zenovay-event="outer"><button data-zenovay-event="buy" data-zenovay-prop-plan-name="pro"
    data-zenovay-goal="order" data-zenovay-goal-value="30" data-zenovay-revenue="39.5" data-zenovay-currency="EUR"
    ><b id="it">Buy</b></button></div>`
  await page.act('click', show(html), LEFT)

  expect(sent(page)).toEqual([
    ['buy', { plan_name: 'pro' }],
    ['order', { plan_name: 'pro', value: 30 }],
    ['revenue', { plan_name: 'pro', amount: 39.5, currency: 'EUR' }],
  ])
})

test.each([
  ['an amount that is none', '<b data-zenovay-revenue="abc">x</b>'],
  ['an empty amount', '<b data-zenovay-revenue="">x</b>'],
  ['an empty name', '<b data-zenovay-event=" ">x</b>'],
  ['a click in a marked form', '<form data-zenovay-event="join"><b id="it">x</b></form>'],
])('clicks: sends nothing for %s', async (_name, html) => {
  const page = await open('clicks')
  await page.act('click', show(html), LEFT)

  expect(sent(page)).toEqual([])
})

test('clicks: counts the two clicks of a label once, and later ones again', async () => {
  const page = await open('clicks')
  const label = show('<label data-zenovay-event="choose">A <input type="checkbox"></label>')
  await page.act('click', label, LEFT)
  await page.act('click', label.querySelector('input')!, LEFT)
  await new Promise((resolve) => setTimeout(resolve, 60))
  await page.act('click', label, LEFT)

  expect(sent(page)).toHaveLength(2)
})

test('clicks: sends the submission of a marked form', async () => {
  const page = await open('clicks')
  await page.act('submit', show('<form data-zenovay-event="join"></form>'))

  expect(sent(page)).toEqual([['join', {}]])
})

test('notfound: sends the status of the document, once', async () => {
  vi.spyOn(performance, 'getEntriesByType').mockReturnValue([{ responseStatus: 404 } as never])
  const page = await open('notfound')
  page.run('page', '/other')
  await page.settle()
  await page.settle()

  expect(page.captured()).toEqual([
    expect.objectContaining({ event_name: 'not_found', interactive: false, properties: { status: 404 } }),
  ])
})

test('notfound: reads the status that a single-page application writes', async () => {
  const page = await open('notfound')
  expect(sent(page)).toEqual([])
  document.head.innerHTML = '<meta name="zenovay-status" content="404">'
  page.run('page', '/nowhere')
  await page.settle()
  await page.settle()

  expect(sent(page)).toEqual([['not_found', { status: 404 }]])
})
