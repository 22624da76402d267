import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ALL, DAY, DAY_MS, openErrorStore, ORIGIN, type ErrorStore } from '../../support/open-error-store.js'

let errors: ErrorStore
beforeAll(async () => {
  errors = await openErrorStore()
})
afterAll(() => errors.close())

const PAY = `pay@${ORIGIN}/assets/app.js:10:5`

describe('errors with frames', () => {
  it.each([
    [
      'two builds',
      'pay',
      [`${ORIGIN}/assets/index-BkX3_aZ9.js:10:5`, `${ORIGIN}/assets/index-D2kPq8Lm.js:44:9`],
    ],
    [
      'two hexadecimal hashes',
      'pay',
      [`${ORIGIN}/main.3f2a9c1d.js:1:5`, `${ORIGIN}/main.99aa00bbccdd.js:7:5`],
    ],
    ['two versions', 'pay', [`${ORIGIN}/app.js?v=1:1:5`, `${ORIGIN}/app.js?v=2:1:5`]],
    ['minified names', '', [`${ORIGIN}/app.js:1:5`, `${ORIGIN}/app.js:1:7`]],
    ['two hosts of the page', 'pay', [`${ORIGIN}/app.js:1:5`, `https://cdn.example/app.js:1:5`]],
  ])('are one group in %s', async (_, name, files) => {
    expect(await errors.countGroups(...files.map((file) => ({ frames: [`${name}@${file}`] })))).toBe(1)
  })

  it.each([
    ['function', [PAY, PAY.replace('pay', 'refund')]],
    ['file', [PAY, PAY.replace('app.js', 'admin.js')]],
    ['file of words', [`pay@${ORIGIN}/vendor-components.js:1:1`, `pay@${ORIGIN}/vendor-templates.js:1:1`]],
  ])('are two groups if they differ in the %s', async (_, frames) => {
    expect(await errors.countGroups(...frames.map((frame) => ({ frames: [frame] })))).toBe(2)
  })

  it('are grouped by the first frame of the page, below those of other hosts', async () => {
    const library = (line: number) => `run@https://cdn.example/library.js:${line}:1`
    expect(
      await errors.countGroups({ frames: [library(1), PAY] }, { frames: [library(2), library(3), PAY] }),
    ).toBe(1)
  })

  it('ignore names and columns of minified code', async () => {
    const at = (name: string, column: number) => `${name}@${ORIGIN}/app.js:1:${column}`
    expect(
      await errors.countGroups(
        { frames: [at('a', 5)] },
        { frames: [at('Xe', 9)] },
        { frames: [at('refund', 999)] },
      ),
    ).toBe(1)
  })

  it('are grouped by the caller of the constructor of their class', async () => {
    const constructor = `StockError@${ORIGIN}/assets/errors.js:3:1`
    const stacks = [[PAY], [constructor, PAY], [constructor, PAY.replace('pay', 'refund')]]
    expect(await errors.countGroups(...stacks.map((frames) => ({ type: 'StockError', frames })))).toBe(2)
  })

  it('ignore names left of the column 200 of a file with code right of it', async () => {
    const refund = (column: number) => `refund@${ORIGIN}/app.js:1:${column}`
    const other = `pay@${ORIGIN}/app.js:1:900`
    expect(await errors.countGroups({ frames: [refund(150), other] }, { frames: [refund(250)] })).toBe(1)
    const elsewhere = `pay@${ORIGIN}/library.js:1:900`
    expect(await errors.countGroups({ frames: [refund(150), elsewhere] }, { frames: [PAY, elsewhere] })).toBe(
      2,
    )
  })

  it('ignore types that are names of minified classes', async () => {
    const failures = ['rt', 'a', 'StockError'].map((type) => ({ type, frames: [PAY] }))
    expect(await errors.countGroups(...failures)).toBe(2)
  })

  it('keep the fingerprint of errors without frames', async () => {
    const scope = await errors.store(
      { message: 'x of 7' },
      { message: 'x of 9' },
      { message: 'x of 8', frames: [PAY] },
    )
    const groups = await errors.reports.errorGroups(scope, ALL)
    expect(groups.map(({ occurrences }) => occurrences)).toEqual([1, 2])
    // MD5 of the type, a line feed and the message with `*` for the number.
    expect(groups[1]!.fingerprint).toBe('6964284bf804ec04')
  })
})

describe('the details of a group', () => {
  it('are its newest errors, and its counts by day, page and browser', async () => {
    const scope = await errors.store(
      ...Array.from({ length: 25 }, (_, index) => ({
        frames: [PAY, `render@${ORIGIN}/assets/app.js:8:1`],
        fields: { path: index % 5 ? '/cart' : '/checkout', browser: index % 2 ? 'Firefox' : 'Chrome' },
      })),
      { message: 'another' },
    )
    const [, group] = await errors.reports.errorGroups(scope, ALL)
    const details = await errors.reports.errorGroupDetails(scope, {
      fingerprint: group!.fingerprint,
      timeZone: 'Europe/Zurich',
    })
    expect(details).toMatchObject({
      group: { occurrences: 25, type: 'TypeError' },
      // 22 hours of 10 May in Zurich, and the rest.
      days: [
        { name: '2026-05-10', count: 22 },
        { name: '2026-05-11', count: 3 },
      ],
      pages: [
        { name: `${ORIGIN}/cart`, count: 20 },
        { name: `${ORIGIN}/checkout`, count: 5 },
      ],
      browsers: [
        { name: 'Chrome', count: 13 },
        { name: 'Firefox', count: 12 },
      ],
    })
    expect(details!.newest).toHaveLength(20)
    expect(details!.newest[0]).toMatchObject({
      occurredAt: DAY + 24 * 3_600_000,
      url: `${ORIGIN}/cart`,
      frames: [PAY, `render@${ORIGIN}/assets/app.js:8:1`],
      handled: false,
      line: 0,
    })
  })

  it('are undefined without an error in the period', async () => {
    const scope = await errors.store({})
    const fingerprint = (await errors.reports.errorGroups(scope, ALL))[0]!.fingerprint
    const period = { from: DAY + DAY_MS, to: DAY + 2 * DAY_MS }
    expect(
      await errors.reports.errorGroupDetails({ ...scope, period }, { fingerprint, timeZone: 'UTC' }),
    ).toBeUndefined()
  })
})
