import type { Action, BurstStep, LingerEnd, TabAction } from './program.js'

/** An event that the collector must store, or may store if it is not `certain`. */
export interface ExpectedEvent {
  /** The name of a custom event. A pageview has none. */
  name: string | undefined
  /** The counted address, from the path on. */
  address: string
  /** The previous page from the path on, or empty; undefined if it is not known. */
  referrer: string | undefined
  /** Numbers of visitor and session: events with the same number have the same ID. */
  visitor: number
  session: number
  /** Number of the page that created the event. A page that is loaded again is another one. */
  page: number
  certain: boolean
  /** Whether its entry was deleted from storage while it was pending: it is only in the memory of its page. */
  wiped: boolean
}

/** An entry of the session history. Others of the same document are reached without loading a page. */
interface HistoryEntry {
  address: string
  document: number
}

/** What the model knows about a tab. */
export interface TabState {
  entries: HistoryEntry[]
  index: number
  page: number
  /** The address of the page when it last settled. */
  settled: string
  /** The address that was counted last. */
  counted: string
  isHidden: boolean
  isFrozen: boolean
}

const SESSION_HOURS = 0.5

/**
 * The promises of docs/tracker.md and docs/delivery.md: applies the actions of a program and lists the events
 * that the collector must have stored in the end, each exactly once.
 *
 * The model knows no time, because a page settles after each action.
 */
export class Model {
  readonly expected: ExpectedEvent[] = []
  readonly tabs: (TabState | undefined)[] = []
  isOffline = false
  /** How far the clock is ahead. */
  clockHours = 0
  readonly #hash: boolean
  #pages = 0
  #documents = 0
  #visitors = 0
  #sessions = 0
  #isVisitorKnown = false
  #seenAtHours = -Infinity

  constructor(hash: boolean) {
    this.#hash = hash
  }

  apply(action: Action): void {
    if (action.kind === 'offline') this.isOffline = true
    else if (action.kind === 'online') this.isOffline = false
    else if (action.kind === 'clock') this.clockHours = action.hours
    else if (action.kind === 'open') this.#open(action.tab, action.address)
    else if ('tab' in action) this.#applyToTab(this.tabs[action.tab]!, action)
  }

  /**
   * Marks events whose entries were deleted from storage. One of them may be lost with its page, because no
   * other page knows it.
   */
  wipe(pending: { name: string | undefined; address: string }[]): void {
    for (const event of this.expected)
      if (pending.some(({ name, address }) => event.name === name && (name ?? event.address === address))) {
        event.wiped = true
        if (!this.tabs.some((state) => state?.page === event.page)) event.certain = false
      }
  }

  #applyToTab(state: TabState, action: TabAction): void {
    switch (action.kind) {
      case 'push':
      case 'replace':
        this.#change(state, action.kind, action.address)
        return this.#settle(state)
      case 'hash':
        // To set the fragment that the address already has is no navigation.
        if (!addressOf(state).endsWith(`#${action.fragment}`))
          this.#change(state, 'push', `#${action.fragment}`)
        return this.#settle(state)
      case 'burst':
        for (const step of action.steps) this.#applyStep(state, step)
        return this.#settle(state)
      case 'linger':
        this.#change(state, 'push', action.address)
        this.#settle(state)
        this.#applyStep(state, action.then)
        return this.#settle(state)
      case 'go':
        return this.#go(state, action.delta)
      case 'track':
        return this.#add(state, { name: action.name })
      case 'page':
        return this.#applyStep(state, { step: 'page', address: action.address })
      case 'leave':
        if (action.name) this.#add(state, { name: action.name })
        return this.#leave(state, action.address)
      case 'rush':
        this.#change(state, 'push', action.past)
        // A page keeps running for a while after the navigation starts: perhaps long enough for its URL to settle.
        this.#settle(state, false)
        return this.#leave(state, action.address)
      case 'reload':
        this.#endPage(state)
        return this.#load(state, undefined)
      case 'close':
        this.#endPage(state)
        this.tabs[action.tab] = undefined
        return
      case 'hide':
      case 'show':
        state.isHidden = action.kind === 'hide'
        return
      case 'freeze':
      case 'thaw':
        state.isFrozen = action.kind === 'freeze'
        return
      case 'reset':
      case 'clear':
        this.#isVisitorKnown = false
        this.#seenAtHours = -Infinity
    }
  }

  #applyStep(state: TabState, step: BurstStep | LingerEnd | { step: 'page'; address: string | undefined }) {
    if (step.step === 'push' || step.step === 'replace') this.#change(state, step.step, step.address)
    else if (step.step === 'track') this.#add(state, { name: step.name })
    else if (step.step === 'leave') this.#leave(state, step.address)
    else if (step.step === 'hide') state.isHidden = true
    else {
      const address = this.#strip(resolve(addressOf(state), 'address' in step ? step.address : undefined))
      if (address !== state.counted) this.#count(state, address)
      if (address === this.#strip(addressOf(state))) state.settled = addressOf(state)
    }
  }

  #change(state: TabState, how: 'push' | 'replace', address: string): void {
    const { document } = state.entries[state.index]!
    if (how === 'push') state.index++
    const kept = state.entries.slice(0, state.index)
    const later = how === 'push' ? [] : state.entries.slice(state.index + 1)
    const from = how === 'push' ? kept.at(-1)!.address : addressOf(state)
    state.entries = [...kept, { address: resolve(from, address), document }, ...later]
  }

  /** Counts the address of a page that stays long enough, if it is another one than before. */
  #settle(state: TabState, certain = true): void {
    const address = this.#strip(addressOf(state))
    if (address !== this.#strip(state.settled) && address !== state.counted)
      this.#count(state, address, certain)
    state.settled = addressOf(state)
  }

  #go(state: TabState, delta: number): void {
    const { document } = state.entries[state.index]!
    state.index += delta
    if (state.entries[state.index]!.document === document) return this.#settle(state)
    // The page is loaded, or comes from the back/forward cache.
    this.#endPage(state)
    this.#load(state, undefined)
  }

  #open(tab: number, address: string): void {
    const entries = [{ address, document: ++this.#documents }]
    const state = { entries, index: 0, page: 0, settled: '', counted: '', isHidden: false, isFrozen: false }
    this.tabs[tab] = state
    this.#load(state, '')
  }

  #leave(state: TabState, address: string): void {
    const referrer = withoutFragment(addressOf(state))
    this.#endPage(state)
    state.entries = [
      ...state.entries.slice(0, state.index + 1),
      { address: resolve(addressOf(state), address), document: ++this.#documents },
    ]
    state.index++
    this.#load(state, referrer)
  }

  #load(state: TabState, referrer: string | undefined): void {
    state.page = ++this.#pages
    state.settled = addressOf(state)
    state.counted = this.#strip(addressOf(state))
    this.#add(state, { address: state.counted, referrer })
  }

  #endPage({ page }: TabState): void {
    for (const event of this.expected) if (event.wiped && event.page === page) event.certain = false
  }

  #count(state: TabState, address: string, certain = true): void {
    this.#add(state, { address, referrer: state.counted, certain })
    state.counted = address
  }

  #add(state: TabState, event: Partial<ExpectedEvent>): void {
    if (!this.#isVisitorKnown) this.#visitors++
    if (this.clockHours - this.#seenAtHours > SESSION_HOURS) this.#sessions++
    this.#isVisitorKnown = true
    this.#seenAtHours = this.clockHours
    this.expected.push({
      name: undefined,
      address: this.#strip(addressOf(state)),
      referrer: undefined,
      visitor: this.#visitors,
      session: this.#sessions,
      page: state.page,
      certain: true,
      wiped: false,
      ...event,
    })
  }

  #strip(address: string): string {
    return this.#hash ? address : withoutFragment(address)
  }
}

/** The address that a tab shows, from the path on. */
export function addressOf(state: TabState): string {
  return state.entries[state.index]!.address
}

function resolve(from: string, address = ''): string {
  const { pathname, search, hash } = new URL(address || from, `http://site${from}`)
  return pathname + search + hash
}

function withoutFragment(address: string): string {
  return address.replace(/#.*/, '')
}
