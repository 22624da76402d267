import { VARIANTS } from '../support/test-pages.js'
import { addressOf, Model, type TabState } from './model.js'
import {
  ANSWERS,
  type Action,
  type BurstStep,
  type LingerEnd,
  type Program,
  type SharedAction,
  type TabAction,
} from './program.js'
import { Random } from './random.js'

/** What a browser and its driver can do. */
export interface Abilities {
  offline: boolean
  freeze: boolean
}

const ACTIONS = 30
const TABS = 2
const MAX_STEPS = 4
/** The pages of the site. Every one is loaded from the server as well. */
export const ADDRESSES = ['/', '/cart', '/cart?step=2', '/shoes', '/shoes?size=42', '/thanks']
const FRAGMENTS = ['top', 'form']
/** Only {@link Model} and tracker know these addresses. */
const VIRTUAL = ['/virtual', '/virtual?step=2']
const CLOCK_HOURS = [-30, -5, -1, 0, 1, 5, 30]

/** Generates the program of a seed. Every action is possible where it stands. */
export function generateProgram(seed: number, abilities: Abilities): Program {
  return new Generator(seed, abilities).generate()
}

class Generator {
  readonly #seed: number
  readonly #abilities: Abilities
  readonly #random: Random
  readonly #model: Model
  readonly #actions: Action[] = []
  readonly #hash: boolean
  #names = 0

  constructor(seed: number, abilities: Abilities) {
    this.#seed = seed
    this.#abilities = abilities
    this.#random = new Random(seed)
    this.#hash = this.#random.chance(0.3)
    this.#model = new Model(this.#hash)
  }

  generate(): Program {
    const variant = this.#random.chance(0.75) ? VARIANTS[0] : VARIANTS[1]
    this.#append({ kind: 'open', tab: 0, address: this.#address() })
    while (this.#actions.length <= ACTIONS) this.#append(this.#choose())
    return { seed: this.#seed, variant, hash: this.#hash, actions: this.#actions }
  }

  #append(action: Action): void {
    this.#model.apply(action)
    this.#actions.push(action)
  }

  #choose(): Action {
    if (this.#random.chance(0.25)) return this.#chooseShared()
    const tab = this.#random.pick([...Array(TABS).keys()])
    const state = this.#model.tabs[tab]
    if (state) return this.#chooseForTab(tab, state)
    return this.#model.isOffline || this.#random.chance(0.5)
      ? this.#choose()
      : { kind: 'open', tab, address: this.#address() }
  }

  #chooseShared(): SharedAction {
    const kind = this.#random.pickWeighted({
      ...(this.#abilities.offline && { [this.#model.isOffline ? 'online' : 'offline']: 2 }),
      ok: 3,
      answer: 4,
      clock: 2,
    })
    if (kind === 'ok') return { kind: 'answer', answer: 'ok' }
    if (kind === 'answer') return { kind, answer: this.#random.pick(ANSWERS) }
    if (kind === 'clock') return { kind, hours: this.#random.pick(CLOCK_HOURS) }
    return { kind: kind as 'online' | 'offline' }
  }

  #chooseForTab(tab: number, state: TabState): TabAction {
    if (state.isFrozen) return { kind: 'thaw', tab }
    const canLoad = !this.#model.isOffline && !state.isHidden
    const { document } = state.entries[state.index]!
    const weighGo = (delta: number) => {
      const entry = state.entries[state.index + delta]
      if (entry?.document === document) return 4
      // Rarely possible, and the only way to a page in the back/forward cache.
      return entry && canLoad ? 20 : 0
    }
    const kind = this.#random.pickWeighted({
      push: 6,
      replace: 4,
      hash: 3,
      burst: 6,
      linger: 5,
      track: 8,
      page: 2,
      reset: 1,
      clear: 1.5,
      back: weighGo(-1),
      forward: weighGo(1),
      ...(canLoad && { leave: 4, rush: 2, reload: 2 }),
      ...(this.#model.tabs.every(Boolean) && this.#model.tabs.length === TABS && { close: 2 }),
      ...(state.isHidden ? { show: 8 } : { hide: 4 }),
      ...(state.isHidden && this.#abilities.freeze && { freeze: 3 }),
    })
    switch (kind) {
      case 'push':
      case 'replace':
        return { kind, tab, address: this.#address(), title: this.#title() }
      case 'hash':
        return { kind, tab, fragment: this.#random.pick(FRAGMENTS), title: this.#title() }
      case 'burst':
        return { kind, tab, steps: this.#steps(), title: this.#title() }
      case 'linger': {
        const address = this.#address()
        return { kind, tab, address, then: this.#lingerEnd(state, address, canLoad) }
      }
      case 'track':
        return { kind, tab, name: this.#name() }
      case 'page':
        return { kind, tab, address: this.#random.chance(0.5) ? this.#random.pick(VIRTUAL) : undefined }
      case 'back':
        return { kind: 'go', tab, delta: -1 }
      case 'forward':
        return { kind: 'go', tab, delta: 1 }
      case 'leave':
        return {
          kind,
          tab,
          address: this.#otherAddress(addressOf(state)),
          name: this.#random.chance(0.5) ? this.#name() : undefined,
        }
      case 'rush': {
        // Some routers replace an address by itself when the page is left, to store the position in it.
        const past = this.#random.chance(0.5) ? this.#address() : addressOf(state)
        return { kind, tab, past, address: this.#otherAddress(past) }
      }
      default:
        return { kind, tab }
    }
  }

  #steps(): BurstStep[] {
    const length = 2 + Math.floor(this.#random.next() * (MAX_STEPS - 1))
    return Array.from({ length }, (): BurstStep => {
      const step = this.#random.pickWeighted({ push: 5, replace: 5, track: 2, page: 1 })
      if (step === 'page') return { step }
      return step === 'track' ? { step, name: this.#name() } : { step, address: this.#address() }
    })
  }

  #lingerEnd({ isHidden }: TabState, address: string, canLoad: boolean): LingerEnd {
    const step = this.#random.pickWeighted({
      push: 3,
      track: 3,
      ...(canLoad && { leave: 3 }),
      ...(!isHidden && { hide: 3 }),
    })
    if (step === 'hide') return { step }
    if (step === 'track') return { step, name: this.#name() }
    return { step, address: this.#otherAddress(address) }
  }

  #address(): string {
    return this.#random.pick(ADDRESSES)
  }

  /** An address that is another page: to assign the same one would replace its entry of the history. */
  #otherAddress(address: string): string {
    const path = address.replace(/#.*/, '')
    return this.#random.pick(ADDRESSES.filter((other) => other !== path))
  }

  #title(): string | undefined {
    return this.#random.chance(0.7) ? `Title ${++this.#names}` : undefined
  }

  #name(): string {
    return `event ${++this.#names}`
  }
}
