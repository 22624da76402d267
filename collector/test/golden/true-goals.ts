import { HOSTILE_TEXTS } from './hostile-texts.js'
import { durationOf } from './true-figures.js'
import type { PlannedEvent, PlannedVisit } from './visit-plan.js'

/** A goal as created over HTTP, and an independent definition of the events that complete it. */
interface PlannedGoal {
  name: string
  rule: Record<string, string | number>
  value: number | null
  isReached(visit: PlannedVisit): boolean
}

const views =
  (isMeant: (path: string) => boolean) =>
  ({ events }: PlannedVisit) =>
    events.some(({ type, path }) => type === 'pageview' && isMeant(path))
const named =
  (wanted: string) =>
  ({ events }: PlannedVisit) =>
    events.some(({ type, name }: PlannedEvent) => (type === 'custom' || type === 'goal') && name === wanted)
const lasting = (seconds: number) => (visit: PlannedVisit) => durationOf(visit) >= seconds * 1000
const segments = (path: string) => path.split('/')

export const PLANNED_GOALS: readonly PlannedGoal[] = [
  {
    name: 'thanks',
    rule: { kind: 'path', path: '/thanks' },
    value: 2.5,
    isReached: views((path) => path === '/thanks'),
  },
  {
    name: 'below the blog',
    rule: { kind: 'path', match: 'prefix', path: '/blog' },
    value: 1,
    isReached: views((path) => path.startsWith('/blog')),
  },
  {
    name: 'an article',
    rule: { kind: 'path', match: 'glob', path: '/blog/*' },
    value: null,
    isReached: views((path) => path.startsWith('/blog/') && segments(path).length === 3),
  },
  {
    name: 'installed',
    rule: { kind: 'path', match: 'glob', path: '**/install' },
    value: 0,
    isReached: views((path) => path.endsWith('/install')),
  },
  {
    name: 'two segments',
    rule: { kind: 'path', match: 'glob', path: '/*/*' },
    value: 0.1,
    isReached: views((path) => segments(path).length === 3),
  },
  {
    name: 'a quote',
    rule: { kind: 'path', path: "/it's" },
    value: 3,
    isReached: views((path) => path === "/it's"),
  },
  {
    name: 'letters that are none',
    rule: { kind: 'path', match: 'glob', path: '/größe *' },
    value: null,
    isReached: views((path) => path.startsWith('/größe ') && segments(path).length === 2),
  },
  {
    name: 'no pattern',
    rule: { kind: 'path', match: 'glob', path: '/s.op' },
    value: null,
    isReached: views((path) => path === '/s.op'),
  },
  { name: 'signed up', rule: { kind: 'event', event: 'signup' }, value: 10, isReached: named('signup') },
  {
    name: 'a hostile name',
    rule: { kind: 'event', event: HOSTILE_TEXTS[0] },
    value: null,
    isReached: named(HOSTILE_TEXTS[0]),
  },
  { name: 'nothing', rule: { kind: 'event', event: 'no such event' }, value: 7, isReached: () => false },
  { name: 'a second', rule: { kind: 'duration', seconds: 1 }, value: null, isReached: lasting(1) },
  { name: 'five minutes', rule: { kind: 'duration', seconds: 300 }, value: 1.25, isReached: lasting(300) },
]

/** How often these visits completed each goal. */
export function listTrueGoals(visits: readonly PlannedVisit[]) {
  return PLANNED_GOALS.map(({ name, rule, value, isReached }) => {
    const reached = visits.filter(isReached)
    return {
      name,
      kind: rule['kind'] as string,
      value,
      conversions: reached.length,
      visitors: new Set(reached.map(({ visitorId }) => visitorId)).size,
      conversionRate: visits.length === 0 ? null : (100 * reached.length) / visits.length,
      totalValue: reached.length * (value ?? 0),
    }
  })
}
