// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { answer, closePages, openPage, type PageSetup } from './open-page.js'

const CODE = 'ZV_UnitTest1'

let warnings: string[]

beforeEach(() => {
  warnings = []
  vi.spyOn(console, 'warn').mockImplementation((...text) => void warnings.push(text.join(' ')))
})
afterEach(closePages)

async function load(answers: PageSetup['answers'] = []) {
  const page = openPage({ answers })
  const tracker = await import('../../src/tracker/index.js')
  return {
    ...page,
    ...tracker,
    names: () => page.posts.flat().map(({ event_name = 'pageview' }) => event_name),
  }
}

test('runs calls made before init in order, after the first pageview', async () => {
  const { init, track, getVisitorId, settle, names, posts } = await load()
  track('first', { position: 1 })
  track('second')
  expect(getVisitorId()).toBeUndefined()
  init(CODE)
  await settle()

  expect(names()).toEqual(['pageview', 'first', 'second'])
  expect(getVisitorId()).toBe(posts[0]![0]!['visitor_id'])
})

test('accepts the same options as the script tag', async () => {
  const { init, track, page, settle, fetch, names, posts } = await load()
  init(CODE, { apiUrl: 'https://collector.example/', cookieless: true, auto: false })
  track('signup')
  await settle()
  page()
  await settle()

  expect(fetch.mock.calls[0]![0]).toBe(`https://collector.example/e/${CODE}`)
  expect(names()).toEqual(['signup', 'pageview'])
  expect(posts[0]![0]).toMatchObject({ cookieless: true })
})

test('returns a promise that says whether the event was stored', async () => {
  const { init, track, goal } = await load([answer(200)])
  const early = track('early')
  init(CODE, { beforeSend: (event) => (event.event_name === 'secret' ? null : event) })

  expect(await early).toBe(true)
  expect(await goal('late', {}, { interactive: false })).toBe(true)
  expect(await track('secret')).toBe(false)
  expect(await track(' ')).toBe(false)
})

test('sends events to the origin of the page if no options are given', async () => {
  const { init, settle, fetch } = await load()
  init(CODE)
  await settle()

  expect(fetch.mock.calls[0]![0]).toBe(`https://shop.example/e/${CODE}`)
})

test('starts only once if init is called twice', async () => {
  const { init, settle, names } = await load()
  init(CODE)
  init(CODE)
  await settle()

  expect(names()).toEqual(['pageview'])
})

for (const code of ['UA-12345-6', '', undefined, 5, {}])
  test(`logs one warning and sends nothing after init(${JSON.stringify(code)})`, async () => {
    const { init, track, settle, posts } = await load()
    init(code as string)
    track('signup')
    await settle()

    expect(warnings).toEqual([expect.stringMatching(/is not a tracking code.*init\('ZV_/)])
    expect(posts).toEqual([])
  })
