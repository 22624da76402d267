import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ALL, openErrorStore, ORIGIN, type ErrorStore } from '../../support/open-error-store.js'

let errors: ErrorStore
beforeAll(async () => {
  errors = await openErrorStore()
})
afterAll(() => errors.close())

const FRAMES = [`pay@${ORIGIN}/assets/app.js:10:5`]

/**
 * What browsers say: for each type and wording the messages of Chromium 156, Firefox 153 and WebKitGTK 2.50 for the same
 * code, and some of earlier versions.
 */
const SAID = readFileSync(new URL('../../fixtures/browser-errors.txt', import.meta.url), 'utf8')
  .trim()
  .split('\n\n')
  .map((paragraph) => {
    const [head, ...messages] = paragraph.split('\n')
    const [, type, wording] = /^(\w+): (.*)$/.exec(head!)!
    return {
      wording: wording!,
      failures: messages.map((message) => ({ type: type!, message, frames: FRAMES })),
    }
  })

it.each(SAID)('are one group in all browsers: $wording', async ({ wording, failures }) => {
  const groups = await errors.reports.errorGroups(await errors.store(...failures), ALL)
  const key = [failures[0]!.type, wording, '/assets/app.js', 'pay'].join('\n')
  const fingerprint = createHash('md5').update(key).digest('hex').slice(0, 16)
  expect(groups.map((group) => [group.fingerprint, group.occurrences])).toEqual([
    [fingerprint, failures.length],
  ])
})

it('have different names', () => {
  expect(new Set(SAID.map(({ wording }) => wording)).size).toBe(SAID.length)
})

it('are one group although the type differs: too much recursion', async () => {
  const [chromium, firefox] = [
    { type: 'RangeError', message: 'Maximum call stack size exceeded' },
    { type: 'InternalError', message: 'too much recursion' },
  ]
  expect(await errors.countGroups({ ...chromium, frames: FRAMES }, { ...firefox, frames: FRAMES })).toBe(1)
})

it('are different groups for what is named', async () => {
  const failures = [
    'cart.pay is not a function',
    'cart.add is not a function',
    'shop.Cart is not a constructor',
    "undefined is not a constructor (evaluating 'new shop.Order(new Cart())')",
    'teaClub is not defined',
    "Can't find variable: teaHouse",
  ].map((message) => ({ message, frames: FRAMES }))
  expect(await errors.countGroups(...failures)).toBe(failures.length)
})

it('ignore the URLs in a message', async () => {
  const load = (url: string) => ({ message: `Cannot load ${url} (twice)`, frames: FRAMES })
  expect(await errors.countGroups(load('https://a.example/x?y=1'), load('wss://b.example/z'))).toBe(1)
})
