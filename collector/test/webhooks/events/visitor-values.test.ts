import { expect, it } from 'vitest'
import type { EventRow } from '../../../src/ingest/event-row.js'
import type { VisitorRow } from '../../../src/reports/report-store.js'
import { createPendingIds } from '../../../src/webhooks/events/pending-ids.js'
import { createVisitorScoring } from '../../../src/webhooks/events/visitor-values.js'
import { createFakeOutbox } from '../../support/fake-outbox.js'
import { makeVisitor } from '../../support/fake-reports.js'
import { makeGoal, openGoalBook } from '../../support/make-goal.js'
import { makeRow } from '../../support/make-row.js'
import { createMemoryWatch } from '../../support/memory-watch.js'

const NOW = Date.UTC(2026, 3, 1, 12)

async function openJudge(
  score: (siteId: string, id: string) => VisitorRow | undefined,
  rows: EventRow[] = [],
) {
  const outbox = createFakeOutbox('high_value_visitor', 'goal')
  const pending = { visitors: createPendingIds(), sessions: createPendingIds() }
  const goals = await openGoalBook(makeGoal({ kind: 'duration', seconds: 60 }, { value: 3 }))
  return {
    outbox,
    pending,
    ...createVisitorScoring({
      activity: createMemoryWatch(rows, score),
      outbox,
      goals,
      pending,
      now: () => NOW,
    }),
  }
}
const visited = (text: string) => Date.parse(text)

it('publishes each of 500 high-value visitors with the same millisecond once', async () => {
  const { outbox, pending, score } = await openJudge((_, id) =>
    makeVisitor({ id, valueScore: 70, visitedAt: NOW, lastSeen: NOW }),
  )
  for (let number = 0; number < 500; number++) pending.visitors.add('ws_1', `visitor-${number}`)
  await score()
  for (let number = 0; number < 500; number++) pending.visitors.add('ws_1', `visitor-${number}`)
  await score()
  expect(outbox.told).toHaveLength(500)
  expect(new Set(outbox.told.map(({ data }) => data['visitorId'])).size).toBe(500)
})

it('publishes the visitor fields of the API if the score is at least 70', async () => {
  const scores: Record<string, VisitorRow> = {
    rich: makeVisitor({
      id: 'rich',
      valueScore: 70,
      visitedAt: visited('2026-04-01T11:00:00Z'),
      lastSeen: visited('2026-04-01T11:20:00Z'),
    }),
    nearly: makeVisitor({ id: 'nearly', valueScore: 69 }),
    unknown: makeVisitor({
      id: 'unknown',
      valueScore: 100,
      country: '',
      landingPage: '',
      visitedAt: NOW,
      lastSeen: NOW,
    }),
  }
  const { outbox, pending, score } = await openJudge((_, id) => scores[id])
  for (const id of ['rich', 'nearly', 'unknown', 'erased']) pending.visitors.add('ws_1', id)
  expect(await score()).toBe(true)
  expect(outbox.told.map(({ at, data }) => [at, data])).toEqual([
    [
      visited('2026-04-01T11:20:00Z'),
      {
        siteId: 'ws_1',
        visitorId: 'rich',
        country: 'Switzerland',
        valueScore: 70,
        landingPage: 'https://example.com/',
        timestamp: '2026-04-01T11:00:00.000Z',
      },
    ],
    [
      NOW,
      {
        siteId: 'ws_1',
        visitorId: 'unknown',
        country: null,
        valueScore: 100,
        landingPage: null,
        timestamp: '2026-04-01T12:00:00.000Z',
      },
    ],
  ])
  expect(await score()).toBe(false)
})

it('publishes a visitor again on the next day, but a visit over midnight only once', async () => {
  let visitor = makeVisitor({
    valueScore: 80,
    visitedAt: visited('2026-04-01T23:50:00Z'),
    lastSeen: visited('2026-04-01T23:55:00Z'),
  })
  const { outbox, pending, score } = await openJudge(() => visitor)
  const look = async () => {
    pending.visitors.add('ws_1', visitor.id)
    await score()
  }
  await look()
  visitor = { ...visitor, valueScore: 90, lastSeen: visited('2026-04-02T00:10:00Z') }
  await look()
  expect(outbox.told).toHaveLength(1)
  visitor = {
    ...visitor,
    visitedAt: visited('2026-04-02T09:00:00Z'),
    lastSeen: visited('2026-04-02T09:00:00Z'),
  }
  await look()
  // A late event moves the beginning of the visit.
  visitor = { ...visitor, visitedAt: visited('2026-04-02T08:57:00Z') }
  await look()
  expect(outbox.told).toHaveLength(2)
})

it('evaluates a continuing session again, and retries visitors that could not be evaluated', async () => {
  const rows = [0, 61_000].map((ms) => makeRow({ occurred_at: NOW - 90_000 + ms, path: '/long' }))
  const { outbox, pending, score } = await openJudge((_, id) => makeVisitor({ id, valueScore: 75 }), rows)
  for (const [ids, id] of [
    [pending.sessions, 'session'],
    [pending.visitors, 'visitor'],
  ] as const) {
    ids.add('ws_1', id)
    outbox.failNext(1)
    await expect(score()).rejects.toThrow('the disk is full')
    expect(await score()).toBe(true)
  }
  expect(outbox.told.map(({ name, data }) => [name, data['goalId'] ?? data['visitorId']])).toEqual([
    ['goal', 'goal_1'],
    ['high_value_visitor', 'visitor'],
  ])
})
