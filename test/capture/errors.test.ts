// @vitest-environment happy-dom
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { closePages, type PageSetup } from '../tracker/open-page.js'
import { openCapturedPage, type CapturedPage } from './open-captured-page.js'

type ErrorsModule = typeof import('../../src/capture/errors.js')

let page: CapturedPage
let reportError: ErrorsModule['reportError']
let warnings: string[]

beforeEach(() => {
  vi.useFakeTimers()
  warnings = []
  vi.spyOn(console, 'warn').mockImplementation((...text) => void warnings.push(text.join(' ')))
})
afterEach(closePages)

async function open(setup?: PageSetup): Promise<void> {
  page = await openCapturedPage(async () => {
    const kind = await import('../../src/capture/errors.js')
    reportError = kind.reportError
    return [kind.errors]
  }, setup)
}

const STACK = `TypeError: no total
    at total (https://shop.example/app.js?v=2:10:5)
    at pay (https://shop.example/app.js?v=2:20:7)`

function createError(message = 'no total', stack = STACK): Error {
  return Object.assign(new TypeError(message), { stack })
}

/** Fires an event of window, as the browser does for an error that nobody has caught. */
async function fire(type: string, properties: object): Promise<void> {
  page.fire(type, { composedPath: () => [window], ...properties })
  await page.settle()
}

const fail = (error: unknown, properties: object = {}) =>
  fire('error', {
    error,
    message: `Uncaught ${typeof error}`,
    filename: '',
    lineno: 0,
    colno: 0,
    ...properties,
  })
const reject = (reason: unknown) => fire('unhandledrejection', { reason })

/** Fires the event of an element whose file could not be loaded. */
async function failToLoad(element: Element): Promise<void> {
  vi.spyOn(Event.prototype, 'target', 'get').mockReturnValue(element)
  await fire('error', {})
}

const sent = () => page.captured().map(({ properties }) => properties as Record<string, unknown>)

test('sends an error that nobody has caught, frame by frame', async () => {
  await open()
  await fail(Object.assign(createError(), { cause: new RangeError('too far') }), {
    filename: 'https://shop.example/app.js?v=2',
    lineno: 10,
    colno: 5,
  })

  expect(page.captured()).toEqual([
    expect.objectContaining({
      event_type: 'error',
      url: 'https://shop.example/shoes?size=43',
      properties: {
        type: 'TypeError',
        message: 'no total',
        file: 'https://shop.example/app.js',
        line: 10,
        column: 5,
        handled: false,
        frame_1: 'total@https://shop.example/app.js:10:5',
        frame_2: 'pay@https://shop.example/app.js:20:7',
        cause: 'RangeError: too far',
      },
    }),
  ])
})

test.each<[string, unknown, object]>([
  [
    'an Error',
    createError(),
    { type: 'TypeError', message: 'no total', file: 'https://shop.example/app.js' },
  ],
  [
    'an Error of another realm',
    runInNewContext('new RangeError("far")'),
    { type: 'RangeError', message: 'far' },
  ],
  [
    'a DOMException',
    new DOMException('full', 'QuotaExceededError'),
    { type: 'QuotaExceededError', message: 'full' },
  ],
  [
    'an AggregateError',
    new AggregateError([new TypeError('first')], 'all failed'),
    { type: 'AggregateError', message: 'all failed', cause: 'TypeError: first' },
  ],
  ['a string', 'out of stock', { type: 'Error', message: 'out of stock' }],
  ['a number', 42, { type: 'Error', message: '42' }],
  ['an object', { code: 7 }, { type: 'Error', message: '[object Object]' }],
  ['nothing', undefined, { type: 'Error' }],
  ['null', null, { type: 'Error' }],
  ['a symbol', Symbol('sold'), { type: 'Error', message: 'Symbol(sold)' }],
])('sends a promise that is rejected with %s', async (_name, reason, properties) => {
  await open()
  await reject(reason)
  expect(sent()).toEqual([expect.objectContaining({ ...properties, handled: false })])
})

test('reads the reason in the detail of events of libraries', async () => {
  await open()
  await fire('unhandledrejection', { detail: { reason: createError() } })
  expect(sent()).toEqual([expect.objectContaining({ message: 'no total' })])
})

test('sends an error of another origin once, as CrossOrigin', async () => {
  await open()
  for (let n = 0; n < 3; n++) await fail(null, { message: 'Script error.' })
  expect(sent()).toEqual([expect.objectContaining({ type: 'CrossOrigin', message: 'Script error.' })])
})

test.each([
  ['a script', '<script type="text/plain" src="/missing.js?v=1"></script>', '/missing.js'],
  ['a stylesheet', '<link rel="stylesheet" href="/missing.css">', '/missing.css'],
])('sends %s of the own origin that does not load', async (_name, html, path) => {
  const happyWindow = window as unknown as { happyDOM: { setURL(url: string): void } }
  happyWindow.happyDOM.setURL('https://shop.example/shoes')
  await open()
  const template = document.createElement('template')
  template.innerHTML = html
  const target = template.content.firstElementChild!
  await failToLoad(target)

  expect(sent()).toEqual([
    expect.objectContaining({ type: 'ResourceError', file: `https://shop.example${path}` }),
  ])
})

test.each([
  ['an image', '<img src="/missing.png">'],
  ['a script of another origin', '<script type="text/plain" src="https://cdn.example/a.js"></script>'],
  ['an icon', '<link rel="icon" href="/missing.ico">'],
])('sends nothing for %s that does not load', async (_name, html) => {
  await open()
  const template = document.createElement('template')
  template.innerHTML = html
  await failToLoad(template.content.firstElementChild!)
  expect(sent()).toEqual([])
})

test.each<[string, unknown, object?]>([
  [
    'a ResizeObserver loop',
    null,
    { message: 'ResizeObserver loop completed with undelivered notifications.' },
  ],
  ['an AbortError', new DOMException('aborted', 'AbortError')],
  [
    'a browser extension',
    createError('x', 'TypeError: x\n    at run (chrome-extension://abc/content.js:1:2)'),
  ],
  ['an extension of Firefox', createError('x', 'run@moz-extension://abc/content.js:1:2')],
  ['an event without a message', undefined, { message: undefined }],
])('never sends %s', async (_name, error, properties) => {
  await open()
  await fail(error, properties)
  expect(sent()).toEqual([])
})

test('sends nothing after pagehide, until the page is shown again', async () => {
  await open()
  page.fire('pagehide', { composedPath: () => [window] })
  await fail(createError())
  expect(sent()).toEqual([])

  page.fire('pageshow', { composedPath: () => [window] })
  await fail(createError())
  expect(sent()).toHaveLength(1)
})

test('sends what the page reports, with its own properties', async () => {
  await open()
  reportError(
    createError(),
    true,
    {},
    {
      step: 'pay',
      amount: 5,
      type: 'mine',
      nested: {},
      none: null,
      big: 5n,
      ['x'.repeat(41)]: 1,
    },
  )
  await page.settle()
  expect(sent()[0]).toMatchObject({ step: 'pay', amount: 5, type: 'TypeError', handled: true })
  expect(Object.keys(sent()[0]!)).not.toEqual(expect.arrayContaining(['nested']))
  expect(Object.keys(sent()[0]!).filter((key) => /none|big|xx/.test(key))).toEqual([])
})

test('sends the same error once for each page', async () => {
  await open()
  for (let n = 0; n < 50; n++) await fail(createError())
  expect(sent()).toHaveLength(1)

  page.run('page', '/cart')
  await page.settle()
  await fail(createError())
  expect(sent()).toHaveLength(2)
})

test('sends errors with the same message from different places separately', async () => {
  await open()
  await fail(createError('x', 'a@https://shop.example/a.js:1:2'))
  await fail(createError('x', 'a@https://shop.example/a.js:9:2'))
  expect(sent()).toHaveLength(2)
})

test('sends 10 of 10,000 errors, and 50 for each load', async () => {
  await open()
  for (let n = 0; n < 10_000; n++) reportError(new Error(`fault ${n}`), false)
  await page.settle()
  expect(sent()).toHaveLength(10)

  for (let view = 0; view < 10; view++) {
    await vi.advanceTimersByTimeAsync(31_000)
    page.run('page', `/view/${view}`)
    await page.settle()
    for (let n = 0; n < 20; n++) reportError(new Error(`fault ${n} of ${view}`), false)
    await page.settle()
  }
  expect(sent()).toHaveLength(50)
  expect(warnings).toEqual([])
})

test('reads at most 10 stacks of an error that repeats', async () => {
  await open()
  let reads = 0
  for (let n = 0; n < 1_000; n++)
    reportError(
      {
        name: 'Error',
        message: 'again',
        get stack() {
          reads++
          return STACK
        },
      },
      false,
    )
  expect(reads).toBeLessThanOrEqual(10)
})

const broken = () => {
  throw new Error('hostile')
}
const HOSTILE: [string, () => unknown][] = [
  ['whose message throws', () => Object.defineProperty(new Error('x'), 'message', { get: broken })],
  ['whose stack throws', () => Object.defineProperty(new Error('x'), 'stack', { get: broken })],
  ['whose name throws', () => Object.defineProperty(new Error('x'), 'name', { get: broken })],
  ['whose toString throws', () => ({ toString: broken })],
  ['whose message has a toString that throws', () => ({ message: { toString: broken } })],
  [
    'that is a proxy which always throws',
    () => new Proxy({}, { get: broken, has: broken, getPrototypeOf: broken, ownKeys: broken }),
  ],
  [
    'that is a revoked proxy',
    () => {
      const { proxy, revoke } = Proxy.revocable({}, {})
      revoke()
      return proxy
    },
  ],
  ['with a stack of 5 MB', () => createError('big', 'f@https://shop.example/a.js:1:2\n'.repeat(160_000))],
  ['with a message of 5 MB', () => createError('x'.repeat(5_000_000))],
  [
    'that is its own cause',
    () => {
      const error = createError()
      return Object.assign(error, { cause: error })
    },
  ],
  ['whose cause throws', () => Object.defineProperty(new Error('x'), 'cause', { get: broken })],
  ['whose errors are none', () => Object.assign(new Error('x'), { errors: 5 })],
  ['without a prototype', () => Object.create(null) as unknown],
]

test.each(HOSTILE)('sends an error %s, and throws and logs nothing', async (_name, create) => {
  await open()
  await fail(create())
  const [, [properties]] = [await reject(create()), sent()]
  expect(properties).toBeDefined()
  for (const [key, value] of Object.entries(properties!))
    if (typeof value === 'string')
      expect(value.length).toBeLessThanOrEqual(key.startsWith('frame') ? 200 : 500)
  expect(warnings).toEqual([])
})

test.each(HOSTILE)('takes a reported error %s', async (_name, create) => {
  page = await openCapturedPage(async () => {
    const core = await import('../../src/capture/core.js')
    return [
      () => undefined,
      (await import('../../src/capture/errors.js')).errors,
      () => (core.commands['error'] as unknown as (error: unknown) => void)(create()),
    ]
  })
  expect(sent()).toEqual([expect.objectContaining({ handled: true })])
  expect(warnings).toEqual([])
})

test('opens no session for an error, and sends none after an opt-out', async () => {
  await open()
  const session = page.posts[0]![0]!['session_id']
  await vi.advanceTimersByTimeAsync(60 * 60 * 1000)
  const stored = localStorage['zenovay'] as string
  await fail(createError())
  expect(page.captured()[0]).toMatchObject({ session_id: session, event_id: expect.any(String) as string })
  expect(localStorage['zenovay']).toBe(stored)

  page.run('disable')
  await fail(createError('other'))
  expect(sent()).toHaveLength(1)
})

test('sends the errors that the page kept until the file was there, once', async () => {
  const { openTrackedPage } = await import('../tracker/open-page.js')
  const tracked = await openTrackedPage()
  const { COMMANDS, errors: kept } = await import('../../src/tracker/run.js')
  const { openDoor } = await import('../../src/tracker/open-door.js')
  const core = await import('../../src/capture/core.js')
  const { errors } = await import('../../src/capture/errors.js')

  // What the documented second line of the stub does.
  const early = Object.assign(new Event('error'), { error: createError(), message: 'Uncaught' })
  for (let n = 0; n < 15; n++) tracked.run('error', n ? createError(`early ${n}`) : early)
  openDoor(core.connect, COMMANDS, kept)
  errors()
  tracked.run('error', early)
  await tracked.settle()

  const events = tracked.posts.flat().filter(({ event_type }) => event_type === 'error')
  expect(events).toHaveLength(10)
  expect(events[0]!['properties']).toMatchObject({ message: 'no total', handled: false })
  expect(events[1]!['properties']).toMatchObject({ message: 'early 1', handled: true })
})

test('sends with captureException of the npm package, before and after init', async () => {
  const { openPage } = await import('../tracker/open-page.js')
  const opened = openPage()
  const { init } = await import('../../src/tracker/index.js')
  const { capture, captureException, errors } = await import('../../src/capture/index.js')
  captureException(createError('early'), { step: 'load' })
  capture(errors)
  init('ZV_UnitTest1')
  await opened.settle()
  await vi.advanceTimersByTimeAsync(200)
  captureException('late')
  await opened.settle()

  const events = opened.posts.flat().filter(({ event_type }) => event_type === 'error')
  expect(events.map(({ properties }) => properties)).toEqual([
    expect.objectContaining({ message: 'early', handled: true, step: 'load' }),
    expect.objectContaining({ message: 'late', handled: true }),
  ])
})
