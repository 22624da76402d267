// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from 'vitest'
import { closePages, type PageSetup } from '../tracker/open-page.js'
import { openCapturedPage } from './open-captured-page.js'

afterEach(() => {
  closePages()
  document.body.innerHTML = ''
})

const open = (setup?: PageSetup) =>
  openCapturedPage(async () => [(await import('../../src/capture/outbound.js')).outbound], setup)

/** Puts HTML in the page and returns the element that is clicked, the one with `id="it"` or the first. */
function show(html: string): Element {
  document.body.innerHTML = html
  return document.querySelector('#it') ?? document.body.firstElementChild!
}

const LEFT = { button: 0 }

test('sends outbound_click with the URL and the text of a link to another host', async () => {
  const page = await open()
  await page.act(
    'click',
    show('<a href="https://other.example/a?b=1#c"> Read <b id="it">more</b>\n now </a>'),
    LEFT,
  )

  expect(page.captured()).toEqual([
    expect.objectContaining({
      event_type: 'custom',
      event_name: 'outbound_click',
      url: 'https://shop.example/shoes?size=43',
      properties: { url: 'https://other.example/a?b=1#c', text: 'Read more now' },
    }),
  ])
})

test.each([
  ['the own host', '<a href="https://shop.example/cart">Cart</a>'],
  ['the own host with www.', '<a href="https://www.shop.example/cart">Cart</a>'],
  ['a sub-domain of the cookie domain', '<a href="https://blog.family.example/">Blog</a>'],
  ['a script', '<a href="javascript:alert(1)">Alert</a>'],
  ['no address', '<a>Anchor</a>'],
  ['an impossible address', '<a href="http://[">Broken</a>'],
])('sends nothing for a link to %s', async (_name, html) => {
  const warn = vi.spyOn(console, 'warn')
  const page = await open({ dataset: { cookieDomain: 'family.example' } })
  await page.act('click', show(html), LEFT)

  expect(page.captured()).toEqual([])
  expect(warn).not.toHaveBeenCalled()
})

test('sends a click of the middle button, and none of the right button', async () => {
  const page = await open()
  const link = show('<a href="https://other.example/">Other</a>')
  await page.act('auxclick', link, { button: 1 })
  await page.act('auxclick', link, { button: 2 })
  await page.act('click', link, { button: 2 })

  expect(page.captured()).toHaveLength(1)
})

test('sends the scheme of a contact link, never its address', async () => {
  const page = await open()
  await page.act('click', show('<a href="mailto:ada@shop.example">Ada</a>'), LEFT)

  expect(page.captured().map(({ event_name, properties }) => [event_name, properties])).toEqual([
    ['contact_click', { scheme: 'mailto' }],
  ])
})

test.each([
  ['its label', '<a href="https://o.example/" aria-label="Our shop"><i></i></a>', 'Our shop'],
  ['the alternative text of its image', '<a href="https://o.example/"><img alt="Logo"></a>', 'Logo'],
  ['nothing private', '<a href="https://o.example/">Hi <b data-private>Ada</b></a>', 'Hi'],
  [
    'nothing of what is within private',
    '<p data-private><a id="it" href="https://o.example/">Ada</a></p>',
    '',
  ],
  ['no input', '<a href="https://o.example/">Go<textarea>secret</textarea></a>', 'Go'],
  ['no editable text', '<p contenteditable><a id="it" href="https://o.example/">secret</a></p>', ''],
  ['at most 100 characters', `<a href="https://o.example/">${'x'.repeat(10_000)}</a>`, 'x'.repeat(100)],
])('sends as the text of a link %s', async (_name, html, text) => {
  const page = await open()
  await page.act('click', show(html), LEFT)

  expect(page.captured()[0]!['properties']).toEqual({ url: 'https://o.example/', text })
})

test('sends no password of a link', async () => {
  const page = await open()
  await page.act('click', show('<a href="https://ada:secret@o.example/">Go</a>'), LEFT)

  expect(JSON.stringify(page.captured())).not.toContain('secret')
})
