import type { EventType } from '@zenovay/tracker/contract'
import { DIRECT } from './arrivals.js'
import type { Random } from './create-random.js'
import { HOUR_MS, MINUTE_MS } from './golden-month.js'
import { planActions } from './plan-actions.js'
import { HOSTILE_PATHS, HOSTILE_TEXTS, RAW_PATHS } from './hostile-texts.js'
import type { Arrival, Client, PlannedEvent, PlannedVisit } from './visit-plan.js'

const PATHS = [
  '/',
  '/pricing',
  '/shop',
  '/shop/shoes',
  '/blog',
  '/cart',
  '/checkout',
  '/thanks',
  '/docs',
  '/docs/install',
  '/about',
  '/blog/1',
  '/blog/2',
  '/blog/3',
  '/jobs',
  '/team',
  '/legal',
  '/status',
  '/Shop',
  '/shop/',
]
const ORIGINS = [
  'https://example.com',
  'https://example.com',
  'https://example.com',
  'https://shop.example.com',
  'http://example.com:8080',
]
const LONGEST_PAUSE_MS = 29 * MINUTE_MS

export interface VisitFrame {
  sessionId: string
  visitorId: string
  /** Time of its first event, ms since the epoch. */
  at: number
  client: Client
  arrival: Arrival
  delivery: PlannedVisit['delivery']
}

/** Adds events to a visit and advances its clock between them. */
export interface VisitBuilder {
  readonly events: PlannedEvent[]
  add(
    type: EventType,
    fields?: Partial<Pick<PlannedEvent, 'name' | 'properties' | 'isInteractive' | 'errorKind'>>,
  ): void
  /** Goes to another page without sending an event. */
  turnTo(path: string, arrival: Arrival, origin?: string): void
  /** Advances the clock by at least a millisecond. */
  wait(ms: number): void
}

export function createVisitBuilder({ sessionId, at, client, arrival }: VisitFrame): VisitBuilder {
  const events: PlannedEvent[] = []
  let time = at
  let page = { origin: ORIGINS[0]!, path: '/', arrival }
  return {
    events,
    add(type, fields = {}) {
      events.push({
        id: `${sessionId}/${events.length}`,
        at: time,
        type,
        name: '',
        title: HOSTILE_TEXTS[events.length % HOSTILE_TEXTS.length]!,
        properties: {},
        isInteractive: true,
        client,
        ...page,
        ...fields,
      })
    },
    turnTo(path, came, origin = page.origin) {
      page = { origin, path, arrival: came }
    },
    wait(ms) {
      time += Math.max(1, Math.round(ms))
    },
  }
}

/** A visit like those of people and servers, with random events. */
export function planVisit(random: Random, frame: VisitFrame): PlannedVisit {
  const visit = createVisitBuilder(frame)
  const { sessionId, visitorId, delivery } = frame
  const paths =
    delivery === 'store' ? [...PATHS, ...HOSTILE_PATHS, ...RAW_PATHS] : [...PATHS, ...HOSTILE_PATHS]
  visit.turnTo(random.pickEarly(paths), frame.arrival, random.pick(ORIGINS))
  // An event of the first page may arrive before its pageview; the visit then takes its fields from this
  // event.
  if (random.chance(0.03)) {
    visit.add('performance')
    visit.wait(random.whole(1, 900))
  }
  const isServer = random.chance(0.04)
  const pages = isServer ? 0 : random.chance(0.4) ? 1 : random.whole(2, random.chance(0.1) ? 14 : 6)
  if (isServer) planActions(random, visit)
  for (let page = 0; page < pages; page++) {
    if (page > 0) {
      visit.wait(
        random.chance(0.05)
          ? random.whole(HOUR_MS / 4, LONGEST_PAUSE_MS)
          : 1 + random.next() ** 2 * 4 * MINUTE_MS,
      )
      // An advertisement of the site itself within the visit does not begin another one.
      visit.turnTo(
        random.pickEarly(paths),
        random.chance(0.03)
          ? {
              ...DIRECT,
              query: 'utm_source=inner',
              utm_source: 'inner',
              source: 'inner',
              channel: 'campaign',
            }
          : DIRECT,
      )
    }
    visit.add('pageview')
    if (random.chance(pages === 1 ? 0.2 : 0.35)) planActions(random, visit)
  }
  return { sessionId, visitorId, delivery, events: visit.events }
}
