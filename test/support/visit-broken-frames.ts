import type { Variant } from './test-pages.js'

/** What happens to an interface before the tracker starts. */
export const MANNERS = ['throws', 'gives null', 'is missing'] as const
export type Manner = (typeof MANNERS)[number] | 'gives undefined'

export interface Breakage {
  /** Such as `fetch` or `Navigator.prototype.sendBeacon`. */
  path: string
  manner: Manner
}

declare global {
  interface Window {
    /** Called by a page in a frame before its tracker. */
    prepareFrame: (page: Window) => void
  }
}

interface Visits {
  variant: Variant
  /** A page that calls `prepareFrame`. */
  url: string
  /** One visit for each; undefined for a page that is not broken. */
  breakages: (Breakage | undefined)[]
}

/**
 * Visits pages in frames, and returns everything that reached them: errors, rejections,
 * exceptions of the tracker's commands, and a pushState of the page that has no effect.
 *
 * Runs in the page around the frames, which is not broken: it hears the errors of a page that cannot report
 * them, and also while that page is left. A breakage is undone with its frame.
 */
export async function visitBrokenFrames({ variant, url, breakages }: Visits): Promise<string[]> {
  type Members = Record<string, unknown>

  // The longest pause that a visit has to cover is a retry's, 3 s.
  const SPEED = 300
  const SETTLED_MS = 25
  // Most of a visit is waiting.
  const FRAMES = 8
  // Without these, nothing can wrap a function of the page and call it.
  const NEEDED_BY_PUSH_STATE =
    /^(History\.prototype\.pushState|Function\.prototype\.(apply|call)|Reflect(\.apply)?)$/

  const pushed = `${location.origin}/pushed`
  const complaints: string[] = []
  const prepares = new Map<unknown, (page: Window) => void>()
  window.prepareFrame = (page) => prepares.get(page.frameElement)!(page)
  localStorage.clear()
  const waiting = [...breakages]
  const visitWaiting = async () => {
    while (waiting.length > 0) await visit(waiting.shift())
  }
  await Promise.all(Array.from({ length: FRAMES }, visitWaiting))
  return [...new Set(complaints)]

  async function visit(breakage: Breakage | undefined): Promise<void> {
    const complain = (text: string) =>
      complaints.push(`${breakage ? `${breakage.path} ${breakage.manner}` : 'whole'}: ${text}`)
    const attempt = (name: string, run: () => void) => {
      try {
        run()
      } catch (error) {
        complain(`${name} threw ${error}`)
      }
    }
    let history!: History
    let isHidden = false
    const frame = document.createElement('iframe')
    prepares.set(frame, (page) => {
      history = page.history
      page.addEventListener('error', ({ message }) => complain(message))
      page.addEventListener('unhandledrejection', ({ reason }) => complain(`rejected with ${reason}`))
      const members = page as unknown as Members
      const wait = page.setTimeout as (run: () => void, ms: number) => number
      members['setTimeout'] = (run: () => void, ms: number) => wait(run, ms / SPEED)
      define(find(page, 'Navigator.prototype'), 'webdriver', () => false)
      define(find(page, 'Document.prototype'), 'hidden', () => isHidden)
      if (breakage) spoil(page, breakage)
    })
    await open(frame, url)
    const page = frame.contentWindow!
    const call = (command: 'track' | 'identify', ...args: [string, Record<string, unknown>]) =>
      attempt(command, () =>
        variant === 'script' ? page.zenovay!(command, ...args) : page.tracker[command](...args),
      )
    call('track', 'step', { size: 'x' })
    call('identify', 'user-42', { plan: 'pro' })
    if (NEEDED_BY_PUSH_STATE.test(breakage?.path ?? ''))
      try {
        history.pushState(null, '', pushed)
      } catch {
        // The page's own error.
      }
    else
      attempt('pushState', () => {
        history.pushState(null, '', pushed)
        if (page.location.href !== pushed) complain('pushState had no effect')
      })
    await new Promise((resolve) => setTimeout(resolve, SETTLED_MS))
    for (isHidden of [true, false])
      attempt('visibilitychange', () => page.document.dispatchEvent(new Event('visibilitychange')))
    call('track', 'last', { size: 'x' })
    await open(frame, 'about:blank')
    frame.remove()
  }

  function open(frame: HTMLIFrameElement, src: string): Promise<unknown> {
    return new Promise((resolve) => {
      frame.onload = resolve
      frame.src = src
      if (!frame.parentNode) document.body.append(frame)
    })
  }

  function find(page: Window, path: string): Members {
    const names = path.split('.').filter(Boolean)
    return names.reduce((members, name) => members[name] as Members, page as unknown as Members)
  }

  function define(holder: Members, name: string, get: () => unknown): void {
    Object.defineProperty(holder, name, { configurable: true, get, set: get })
  }

  function spoil(page: Window, { path, manner }: Breakage): void {
    const [, before, name] = /^(.*?)\.?(\w+)$/.exec(path)!
    const holder = find(page, before!)
    const isFunction = typeof Object.getOwnPropertyDescriptor(holder, name!)?.value === 'function'
    // Not an arrow function: it may be called with `new`.
    const broken = function () {
      if (manner === 'throws') throw new Error('broken by the test')
      return manner === 'gives null' ? null : undefined
    }
    if (manner === 'is missing') {
      delete holder[name!]
      if (name! in holder) define(holder, name!, () => undefined)
    } else if (isFunction)
      Object.defineProperty(holder, name!, { configurable: true, writable: true, value: broken })
    else define(holder, name!, broken)
  }
}
