import { vi, type Mock } from 'vitest'
import { ERROR_CODES, type ErrorCode } from '../../src/contract/error-codes.js'

const CHROME =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36'
const URL_OF_PAGE = new URL('https://shop.example/shoes?size=43#reviews')

export interface PageSetup {
  /** Data attributes of the tag, as `dataset` names them. */
  dataset?: Record<string, string>
  /** Properties of `navigator` that differ from an ordinary Chrome. */
  navigator?: Record<string, unknown>
  location?: URL
  /** Whether the browser has no visitor yet: its first event waits for the IDs of other tabs. */
  isNewVisitor?: boolean
  /** Answers to requests, in order; the last one repeats. Absent: requests stay pending. */
  answers?: (() => Response | Promise<Response>)[]
}

export type Body = Record<string, unknown>[]

type Listener = (event: Event) => void

// The pages of one test send to one collector.
const posts: Body[] = []
const beacons: Body[] = []
const timers: NodeJS.Timeout[] = []

/** A page with a fresh tracker, and its environment that a test fakes or reads. */
export interface Page {
  /** Bodies of the POSTs so far, of all pages of the test. */
  posts: Body[]
  beacons: Body[]
  fetch: Mock
  /** Calls the listeners of window and document, as the browser does. */
  fire(type: string, properties?: object): void
  /** Lets promises settle, and so the requests of this task be sent. */
  settle(): Promise<void>
  /** As `settle`, and waits until the first event of a new visitor is sent. Needs faked time. */
  settleNewVisitor(): Promise<void>
  /** Keys of events in storage. */
  outboxKeys(): string[]
}

/**
 * Opens a page: no module of the tracker is loaded yet, and listeners of earlier pages are gone.
 *
 * Storage is kept, as between pages of one origin, until `closePages`. The test fakes the time.
 */
export function openPage({
  navigator = {},
  location = URL_OF_PAGE,
  isNewVisitor,
  answers = [],
}: PageSetup = {}): Page {
  vi.resetModules()
  if (!isNewVisitor) localStorage['zenovay'] ??= ',,1,returning-visitor'
  document.title = 'Shoes'
  const listeners = new Map<string, Listener[]>()
  const listen = (type: string, listener: Listener) =>
    void listeners.set(type, [...(listeners.get(type) ?? []), listener])
  const fetch = vi.fn((_url: string, { body }: { body: string }) => {
    posts.push(JSON.parse(body) as Body)
    const answer = answers.length > 1 ? answers.shift() : answers[0]
    return answer ? Promise.resolve().then(answer) : new Promise(() => {})
  })
  const sendBeacon = (_url: string, body: string) => beacons.push(JSON.parse(body) as Body) > 0

  if (!vi.isFakeTimers()) vi.stubGlobal('setTimeout', rememberTimers(setTimeout))
  vi.stubGlobal('fetch', fetch)
  vi.stubGlobal('addEventListener', listen)
  vi.spyOn(document, 'addEventListener').mockImplementation(listen as typeof document.addEventListener)
  vi.stubGlobal('navigator', {
    userAgent: CHROME,
    language: 'en-GB',
    maxTouchPoints: 0,
    doNotTrack: null,
    webdriver: false,
    sendBeacon,
    ...navigator,
  })
  vi.stubGlobal('location', location)

  return {
    posts,
    beacons,
    fetch,
    fire: (type, properties = {}) => {
      for (const listener of listeners.get(type) ?? []) listener(Object.assign(new Event(type), properties))
    },
    // A request, its answer and the reaction to it take a few turns.
    async settle() {
      for (let turn = 0; turn < 10; turn++) await Promise.resolve()
    },
    async settleNewVisitor() {
      await vi.advanceTimersByTimeAsync(100)
      await this.settle()
    },
    outboxKeys: () => Object.keys(localStorage).filter((key) => key.startsWith('zenovay:')),
  }
}

/** As {@link openPage}, with the tracker started by a tag that has these attributes. */
export async function openTrackedPage({ dataset = {}, ...setup }: PageSetup = {}) {
  const page = openPage(setup)
  const { loadOptions } = await import('../../src/tracker/options.js')
  const { startTracker } = await import('../../src/tracker/start-tracker.js')
  const { run } = await import('../../src/tracker/run.js')
  loadOptions({
    src: 'https://collector.example/z.js',
    dataset: { trackingCode: 'ZV_UnitTest1', ...dataset },
  })
  startTracker()
  await page.settle()
  // The tracker listens to the page from the next task on.
  if (vi.isFakeTimers()) await vi.advanceTimersByTimeAsync(0)
  return { ...page, run, track: (name: string, properties?: object) => run('track', name, properties) }
}

/**
 * Timers outlive their page: they would run in the page of the next test, or after the last one without any.
 */
function rememberTimers(start: typeof setTimeout) {
  return (task: (...args: unknown[]) => void, ms: number, ...args: unknown[]) => {
    const timer = start(task, ms, ...args)
    timers.push(timer)
    return timer
  }
}

/** Removes all traces of the test's pages. */
export function closePages(): void {
  vi.useRealTimers()
  for (const timer of timers.splice(0)) clearTimeout(timer)
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
  localStorage.clear()
  posts.length = beacons.length = 0
}

/** An answer of the collector, with an error code that fits the status. */
export function answer(status: number, headers: Record<string, string> = {}): () => Response {
  const code = Object.keys(ERROR_CODES).find((name) => ERROR_CODES[name as ErrorCode].status === status)
  const error = { code: code as ErrorCode, message: 'Refused.', timestamp: '2026-11-21T00:00:00.000Z' }
  return () =>
    Response.json(status === 200 ? { success: true } : { success: false, error }, { status, headers })
}
