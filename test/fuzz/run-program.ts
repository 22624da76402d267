import { setTimeout as sleep } from 'node:timers/promises'
import { readOutbox } from '../support/read-outbox.js'
import type { Outcome, RecordingCollector } from '../support/recording-collector.js'
import type { RecordingServers } from '../support/recording-servers.js'
import type { BrowserSession, Tab } from '../support/tab.js'
import { trackedPage } from '../support/test-pages.js'
import { compareEvents } from './compare-events.js'
import { ADDRESSES } from './generate-program.js'
import { Model } from './model.js'
import { pageHead } from './page-head.js'
import type { Action, Answer, BurstStep, LingerEnd, Program, SharedAction, TabAction } from './program.js'

const OUTCOMES: Record<Answer, Outcome> = {
  ok: 200,
  slow: 200,
  lost: 'reset',
  portal: 'portal',
  '429': 429,
  '500': 500,
  '503': 503,
}
const SLOW_MS = 150
const RETRY_AFTER_S = '2'
// A machine that does other work beside may stand still for seconds.
const PATIENCE_MS = 40_000
const POLL_MS = 25
/** Pause between two events that make the tracker retry. Its backoff would grow up to minutes. */
const NUDGE_MS = 500
/** An event that does not arrive so long after the outbox is empty is lost. */
const LATE_MS = 5_000
/** Storage reaches the process of another tab within milliseconds. */
const SHARED_MS = 2_000

/** What a program runs in. */
export interface Stage {
  servers: RecordingServers
  session: BrowserSession
  openTab: () => Promise<Tab>
}

/** Runs a program, and returns what differs from the model in the end. */
export async function runProgram(program: Program, stage: Stage): Promise<string[]> {
  return new Run(program, stage).run()
}

class Run {
  readonly #program: Program
  readonly #stage: Stage
  readonly #model: Model
  readonly #tabs: (Tab | undefined)[] = []

  constructor(program: Program, stage: Stage) {
    this.#program = program
    this.#stage = stage
    this.#model = new Model(program.hash)
  }

  async run(): Promise<string[]> {
    const { site } = this.#stage.servers
    const { variant, hash } = this.#program
    const page = trackedPage(this.#stage.servers, { variant, hash, head: pageHead(Date.now()) })
    for (const address of ADDRESSES) site.addPage(address.replace(/\?.*/, ''), page)
    for (const [index, action] of this.#program.actions.entries())
      await this.#act(action).catch((cause) => {
        throw new Error(`action ${index} failed: ${cause}`, { cause })
      })
    const unsent = await this.#finish()
    return [...unsent, ...this.#compare(), ...site.messages.map((message) => JSON.stringify(message))]
  }

  async #act(action: Action): Promise<void> {
    if (!('tab' in action)) {
      this.#model.apply(action)
      return this.#actOnAll(action)
    }
    const { tab } = action
    if (action.kind === 'open') {
      this.#tabs[tab] = await this.#stage.openTab()
      await this.#tabs[tab].goto(this.#stage.servers.site.url + action.address)
    }
    const document = this.#documentOf(tab)
    this.#model.apply(action)
    await this.#actOnTab(action, this.#tabs[tab]!, document !== this.#documentOf(tab))
    await this.#shareStorage(tab)
  }

  async #actOnAll(action: SharedAction): Promise<void> {
    const { collector } = this.#stage.servers
    if (action.kind === 'answer') answer(collector, action.answer)
    else if (action.kind === 'clock') await this.#setClock(action.hours)
    else await this.#stage.session.setOffline!(action.kind === 'offline')
  }

  async #actOnTab(action: TabAction, tab: Tab, isOtherDocument: boolean): Promise<void> {
    switch (action.kind) {
      case 'open':
        return settle(tab)
      case 'push':
      case 'replace':
        return tab.evaluate(({ kind, address, title }) => {
          history[`${kind}State`](null, '', address)
          window.fuzz.setTitle(title)
          return window.fuzz.settle(title !== undefined)
        }, action)
      case 'hash':
        return tab.evaluate(async ({ fragment, title }) => {
          const isChanged = location.hash !== `#${fragment}`
          const changed = new Promise((resolve) => addEventListener('hashchange', resolve, { once: true }))
          location.hash = fragment
          window.fuzz.setTitle(title)
          if (isChanged) await changed
          return window.fuzz.settle(title !== undefined)
        }, action)
      case 'burst':
        return tab.evaluate(runSteps, action)
      case 'linger':
        return this.#linger(tab, action.address, action.then)
      case 'go':
        return isOtherDocument ? changePage(tab, action) : tab.evaluate(goWithinDocument, action.delta)
      case 'leave':
      case 'rush':
        return changePage(tab, action)
      case 'reload':
        return changePage(tab, { kind: 'reload' })
      case 'close':
        this.#tabs[action.tab] = undefined
        return tab.close()
      case 'track':
        return tab.evaluate(runSteps, { steps: [{ step: 'track', name: action.name }], title: undefined })
      case 'page':
        return tab.evaluate(({ address }) => {
          window.tracker.page(address)
          return window.fuzz.settle(true)
        }, action)
      case 'reset':
        return tab.evaluate(() => window.tracker.reset())
      case 'hide':
      case 'show':
        return tab.evaluate(({ kind }) => window.fuzz[kind](), { kind: action.kind })
      case 'freeze':
        return tab.freeze!()
      case 'thaw':
        await tab.thaw!()
        return this.#setClock(this.#model.clockHours)
      case 'clear':
        return this.#clear(tab)
    }
  }

  async #linger(tab: Tab, address: string, then: LingerEnd): Promise<void> {
    await tab.evaluate((address) => {
      history.pushState(null, '', address)
      return window.fuzz.linger()
    }, address)
    if (then.step === 'leave')
      return changePage(tab, { kind: 'leave', address: then.address, name: undefined })
    if (then.step !== 'hide') return tab.evaluate(runSteps, { steps: [then], title: undefined })
    await tab.evaluate(() => window.fuzz.hide())
    await settle(tab)
  }

  /** Clears the storage, and records the pending events in the model. */
  async #clear(tab: Tab): Promise<void> {
    const texts = await tab.evaluate(() => {
      const pending = Object.entries(localStorage).filter(([key]) => key.startsWith('zenovay:'))
      localStorage.clear()
      return pending.map(([, text]) => text as string)
    })
    const events = texts.map((text) => JSON.parse(text) as { event_name?: string; url: string })
    const siteUrl = this.#stage.servers.site.url
    this.#model.wipe(
      events.map(({ event_name, url }) => ({ name: event_name, address: url.replace(siteUrl, '') })),
    )
  }

  /** Sets the clock, which all pages share. A page that is frozen cannot do it, and needs no clock. */
  async #setClock(hours: number): Promise<void> {
    const tab = this.#awake()[0]
    await tab?.evaluate((hours) => void (document.cookie = `clock=${hours}`), hours)
  }

  /** Other tabs see what one of them stored a moment later. */
  async #shareStorage(acting: number): Promise<void> {
    const tab = this.#tabs[acting]
    if (!tab || this.#model.tabs[acting]!.isFrozen) return
    for (const other of this.#awake())
      for (
        const deadline = Date.now() + SHARED_MS;
        other !== tab && Date.now() < deadline;
        await sleep(POLL_MS)
      )
        if ((await readState(other)) === (await readState(tab))) break
  }

  /** Ends all trouble, and waits until every event is acknowledged. Returns what is still there. */
  async #finish(): Promise<string[]> {
    const { collector } = this.#stage.servers
    answer(collector, 'ok')
    if (this.#model.isOffline) await this.#stage.session.setOffline!(false)
    for (const [index, tab] of this.#tabs.entries()) if (this.#model.tabs[index]?.isFrozen) await tab!.thaw!()
    for (const state of this.#model.tabs) if (state) state.isFrozen = false
    await this.#setClock(0)
    for (const tab of this.#awake()) await tab.evaluate(() => window.fuzz.show())
    let left: string[] = []
    const deadline = Date.now() + PATIENCE_MS
    let emptyAt = Infinity
    for (let nudgedAt = Date.now(); Date.now() < deadline; await sleep(POLL_MS)) {
      left = (await Promise.all(this.#awake().map(readOutbox))).flat()
      emptyAt = left.length > 0 ? Infinity : Math.min(emptyAt, Date.now())
      if (left.length === 0 && this.#compare().length === 0) break
      if (Date.now() - emptyAt > LATE_MS) break
      if (Date.now() - nudgedAt < NUDGE_MS) continue
      nudgedAt = Date.now()
      for (const tab of this.#awake()) await tab.evaluate(() => void dispatchEvent(new Event('online')))
    }
    // An event that should not be there may still come.
    await Promise.all(this.#awake().map(settle))
    return left.map((id) => `still in the outbox: ${id}`)
  }

  #compare(): string[] {
    const { site, collector } = this.#stage.servers
    return compareEvents(site.url, collector.arrivals(), this.#model.expected)
  }

  #documentOf(tab: number): number | undefined {
    const state = this.#model.tabs[tab]
    return state?.entries[state.index]!.document
  }

  #awake(): Tab[] {
    return this.#tabs.filter((tab, index) => tab && !this.#model.tabs[index]?.isFrozen) as Tab[]
  }
}

function answer(collector: RecordingCollector, name: Answer): void {
  collector.outcome = OUTCOMES[name]
  collector.delayMs = name === 'slow' ? SLOW_MS : 0
  collector.retryAfter = name === '429' ? RETRY_AFTER_S : undefined
}

/** Runs in a page: several steps in one task, before the address settles. */
function runSteps({ steps, title }: { steps: (BurstStep | LingerEnd)[]; title: string | undefined }) {
  for (const step of steps)
    if (step.step === 'push' || step.step === 'replace') history[`${step.step}State`](null, '', step.address)
    else if (step.step === 'track') window.tracker.track(step.name)
    else if (step.step === 'page') window.tracker.page()
  window.fuzz.setTitle(title)
  return window.fuzz.settle(title !== undefined)
}

/** Runs in a page. */
async function goWithinDocument(delta: number): Promise<void> {
  const arrived = new Promise((resolve) => addEventListener('popstate', resolve, { once: true }))
  history.go(delta)
  await arrived
  await window.fuzz.settle()
}

type PageChange =
  | { kind: 'go'; delta: number }
  | { kind: 'leave'; address: string; name: string | undefined }
  | { kind: 'rush'; past: string; address: string }
  | { kind: 'reload' }

/** Changes the page of a tab, and waits until the other page has settled. */
async function changePage(tab: Tab, action: PageChange): Promise<void> {
  const load = await readLoad(tab)
  await tab.evaluate((action) => {
    // In a separate task: the answer to this call must not get lost with the page.
    setTimeout(() => {
      if (action.kind === 'go') history.go(action.delta)
      else if (action.kind === 'reload') location.reload()
      else {
        if (action.kind === 'rush') history.pushState(null, '', action.past)
        else if (action.name !== undefined) window.tracker.track(action.name)
        location.assign(action.address)
      }
    })
  }, action)
  const deadline = Date.now() + PATIENCE_MS
  for (let next: string | undefined; next === undefined || next === load; await sleep(POLL_MS)) {
    if (Date.now() > deadline) throw new Error('the page does not change')
    // A page that is being left does not answer.
    next = await readLoad(tab).catch(() => undefined)
  }
  await settle(tab)
}

/** The load of the page in a tab; undefined while it loads. */
function readLoad(tab: Tab): Promise<string | undefined> {
  return tab.evaluate(() => (document.readyState === 'complete' ? window.fuzz.load : undefined))
}

function settle(tab: Tab): Promise<void> {
  return tab.evaluate(() => window.fuzz.settle())
}

function readState(tab: Tab): Promise<string | null> {
  return tab.evaluate(() => localStorage.getItem('zenovay'))
}
