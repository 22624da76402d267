import type { Variant } from '../support/test-pages.js'

/** A random program: what a visitor, a page, the network and the collector do to the tracker. */
export interface Program {
  seed: number
  variant: Variant
  /** Whether the pages have the option `hash`. */
  hash: boolean
  actions: Action[]
}

/** How the collector answers. With `lost` it stores the events, and then its answer does not arrive. */
export const ANSWERS = ['ok', 'slow', 'lost', 'portal', '429', '500', '503'] as const
export type Answer = (typeof ANSWERS)[number]

/** One of several steps in the same task of a page. */
export type BurstStep =
  { step: 'push' | 'replace'; address: string } | { step: 'track'; name: string } | { step: 'page' }

/** What happens while a pageview still waits for its title. */
export type LingerEnd =
  { step: 'push' | 'leave'; address: string } | { step: 'track'; name: string } | { step: 'hide' }

/** The title that a page sets with a navigation; undefined if it keeps its title. */
interface Retitled {
  title: string | undefined
}

/** Something that happens to a tab, whose page then has time to settle. */
export type TabAction = { tab: number } & (
  | ({ kind: 'push' | 'replace'; address: string } & Retitled)
  | ({ kind: 'hash'; fragment: string } & Retitled)
  | ({ kind: 'burst'; steps: BurstStep[] } & Retitled)
  | { kind: 'linger'; address: string; then: LingerEnd }
  | { kind: 'go'; delta: -1 | 1 }
  | { kind: 'track'; name: string }
  | { kind: 'page'; address: string | undefined }
  | { kind: 'leave'; address: string; name: string | undefined }
  | { kind: 'rush'; past: string; address: string }
  | { kind: 'open'; address: string }
  | { kind: 'reload' | 'close' | 'hide' | 'show' | 'freeze' | 'thaw' | 'reset' | 'clear' }
)

/** Something that happens to all tabs. */
export type SharedAction =
  { kind: 'offline' | 'online' } | { kind: 'answer'; answer: Answer } | { kind: 'clock'; hours: number }

export type Action = TabAction | SharedAction

/** The program as text, one line for each action. */
export function formatProgram({ seed, variant, hash, actions }: Program): string {
  const lines = actions.map((action, index) => `${String(index).padStart(4)} ${formatAction(action)}`)
  return [`program of seed ${seed}: variant ${variant}, hash ${hash}`, ...lines].join('\n')
}

function formatAction(action: Action): string {
  const { kind, ...details } = action
  return `${kind} ${(Object.entries(details) as [string, string | number | object | undefined][])
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${formatValue(value!)}`)
    .join(' ')}`
}

function formatValue(value: string | number | object): string {
  if (Array.isArray(value)) return `[${value.map(formatValue).join(', ')}]`
  return typeof value === 'object' ? Object.values(value).join(' ') : `${value}`
}
