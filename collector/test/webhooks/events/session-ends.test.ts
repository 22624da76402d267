import { beforeEach, describe, expect, it } from 'vitest'
import type { EventRow } from '../../../src/ingest/event-row.js'
import type { CheckpointStore } from '../../../src/webhooks/events/checkpoints.js'
import { createSessionEnds } from '../../../src/webhooks/events/session-ends.js'
import { createRandom } from '../../golden/create-random.js'
import { expectEvery } from '../../support/expect-every.js'
import { createFakeOutbox, type FakeOutbox } from '../../support/fake-outbox.js'
import { makeGoal, openGoalBook } from '../../support/make-goal.js'
import { makeRow } from '../../support/make-row.js'
import { createMemoryWatch } from '../../support/memory-watch.js'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
// Half an hour, plus the time in which the last event may still be on its way to the store.
const ENDS_AFTER_MS = 30 * MINUTE_MS + 5_000
const START = Date.UTC(2024, 1, 28, 12)

let now: number
let rows: EventRow[]
let outbox: FakeOutbox
let marks: CheckpointStore & { writes: number }
let ends: { publish(siteIds: readonly string[]): Promise<void> }

beforeEach(async () => {
  now = START
  rows = []
  outbox = createFakeOutbox('session_end')
  const kept = new Map<string, number>()
  marks = {
    writes: 0,
    findCheckpoint: async (name) => kept.get(name),
    saveCheckpoint: async (name, at) => void (marks.writes++, kept.set(name, at)),
  }
  await start()
})

/** As after a restart: the memory is lost. */
async function start() {
  ends = createSessionEnds({
    activity: createMemoryWatch(rows),
    checkpoints: marks,
    outbox,
    goals: await openGoalBook(makeGoal({ kind: 'duration', seconds: 60 })),
    now: () => now,
  })
}
const tick = () => ends.publish(['ws_1'])
const happen = (session_id: string, fields: Partial<EventRow> = {}) =>
  rows.push(makeRow({ occurred_at: now, session_id, ...fields }))
const toldOf = (name = 'session_end') =>
  outbox.told.filter((event) => event.name === name).map(({ data }) => data['sessionId'])
/** Advances the clock in the steps of the job. */
async function pass(ms: number) {
  for (const end = now + ms; now < end;) {
    now = Math.min(end, now + 15_000)
    await tick()
  }
}

describe('the end of a session', () => {
  it('publishes the end of a session half an hour after its last event', async () => {
    await tick()
    happen('one', { path: '/landing' })
    await pass(10 * MINUTE_MS)
    happen('one', { path: '/', event_type: 'custom' })
    now += 1_000
    happen('one', { path: '/checkout' })
    const last = now
    await pass(ENDS_AFTER_MS - 1)
    expect(outbox.told).toEqual([])
    await pass(1)
    expect(outbox.told).toEqual([
      {
        key: 'one',
        name: 'session_end',
        siteId: 'ws_1',
        at: last + 30 * MINUTE_MS,
        data: {
          siteId: 'ws_1',
          sessionId: 'one',
          duration: 601,
          pages: 2,
          entryPath: '/landing',
          exitPath: '/checkout',
        },
      },
    ])
    await pass(2 * HOUR_MS)
    expect(outbox.told).toHaveLength(1)
  })

  it('publishes no paths for a session without a pageview', async () => {
    await tick()
    happen('server', { event_type: 'custom' })
    await pass(HOUR_MS)
    expect(outbox.told[0]!.data).toEqual({
      siteId: 'ws_1',
      sessionId: 'server',
      duration: 0,
      pages: 0,
      entryPath: null,
      exitPath: null,
    })
  })

  it('ends a session by the receipt time of its last event, not by when it happened', async () => {
    await tick()
    happen('late', { occurred_at: now - 3 * DAY_MS, received_at: now })
    await pass(20 * MINUTE_MS)
    expect(outbox.told).toEqual([])
    await pass(11 * MINUTE_MS)
    expect(toldOf()).toEqual(['late'])
  })

  it('publishes a session end once if the collector is stopped midway', async () => {
    await tick()
    for (let number = 0; number < 700; number++)
      happen(`session-${number}`, {
        occurred_at: now + (number % 90) * 40_000,
        received_at: now + (number % 90) * 40_000,
      })
    await pass(40 * MINUTE_MS)
    const before = outbox.told.length
    expect(before).toBeGreaterThan(50)
    now += DAY_MS
    await start()
    await tick()
    expect(new Set(toldOf()).size).toBe(700)
    const { puts } = outbox
    await start()
    await pass(MINUTE_MS)
    expect(outbox.told).toHaveLength(700)
    expect(outbox.puts).toBe(puts)
  })

  it('publishes a session end exactly once, even if publishing fails', async () => {
    const random = createRandom(11)
    await tick()
    for (let step = 0; step < 600; step++) {
      if (random.chance(0.5)) happen(`session-${random.whole(0, 60)}-${Math.floor(step / 200)}`)
      if (random.chance(0.1)) outbox.failNext(1)
      now += random.whole(1, 30_000)
      await tick().catch(() => {})
      if (random.chance(0.1)) await start()
    }
    await pass(HOUR_MS)
    expect(toldOf().sort()).toEqual([...new Set(rows.map(({ session_id }) => session_id))].sort())
  })

  // Months of 28 to 31 days, clock changes and leap days do not affect milliseconds since 1970; only the
  // clock of the machine jumps.
  it.each([-HOUR_MS, HOUR_MS, -DAY_MS, -1_000, 1_000, -7 * MINUTE_MS])(
    'publishes a session end once when the clock jumps by %i ms',
    async (jump) => {
      await tick()
      for (let number = 0; number < 120; number++) {
        happen(`session-${number}`)
        await pass(MINUTE_MS)
        if (number === 60) now += jump
      }
      // Events from before the clock was set back end when that time is reached again.
      await pass(HOUR_MS + Math.max(0, -jump))
      expect(toldOf()).toHaveLength(120)
      expect(new Set(toldOf()).size).toBe(120)
    },
  )

  it('publishes the end of a session that spans midnight once', async () => {
    now = Date.UTC(2024, 1, 28, 23)
    await tick()
    for (let number = 0; number < 60; number++)
      for (const minute of [50, 58, 62, 70])
        happen(`session-${number}`, {
          occurred_at: now + minute * MINUTE_MS,
          received_at: now + minute * MINUTE_MS,
        })
    await pass(2 * HOUR_MS)
    expect(toldOf()).toHaveLength(60)
    expectEvery(outbox.told, ({ data }) => data['duration'] === 1200 && data['pages'] === 4)
  })

  it('queries session ends only if a webhook needs them', async () => {
    const store = createMemoryWatch(rows)
    ends = createSessionEnds({
      activity: store,
      checkpoints: marks,
      outbox,
      goals: await openGoalBook(),
      now: () => now,
    })
    for (let count = 0; count < 100; count++) {
      now += 15_000
      await ends.publish([])
    }
    expect([store.questions, marks.writes]).toEqual([0, 0])
    for (let count = 0; count < 100; count++) {
      now += 15_000
      await ends.publish(['ws_1'])
    }
    expect(store.questions).toBe(100)
    expect(marks.writes).toBeLessThan(5)
  })
})

it('completes a duration goal at the moment when a session reaches its duration', async () => {
  outbox.names.add('goal')
  await tick()
  for (const session_id of ['long', 'short']) happen(session_id, { path: '/a' })
  now += 59_999
  happen('short')
  now += 10_000
  happen('long', { path: '/b' })
  await pass(HOUR_MS)
  expect(outbox.told.filter(({ name }) => name === 'goal')).toEqual([
    {
      key: 'goal_1 long',
      name: 'goal',
      siteId: 'ws_1',
      at: START + 60_000,
      data: { siteId: 'ws_1', goalId: 'goal_1', goalName: 'A goal', path: '/b', value: null },
    },
  ])
})
