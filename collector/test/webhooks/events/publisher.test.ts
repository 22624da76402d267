import { describe, expect, it } from 'vitest'
import type { Goal } from '../../../src/control/goals/goal.js'
import { createPendingIds } from '../../../src/webhooks/events/pending-ids.js'
import { createEventPublisher } from '../../../src/webhooks/events/publisher.js'
import type { WebhookEventName } from '../../../src/webhooks/webhook.js'
import { createFakeOutbox } from '../../support/fake-outbox.js'
import { makeGoal, openGoalBook } from '../../support/make-goal.js'
import { makeRow } from '../../support/make-row.js'

const AT = Date.UTC(2026, 3, 1, 12)
const row = (fields: Partial<Parameters<typeof makeRow>[0]> = {}) => makeRow({ occurred_at: AT, ...fields })

async function openTeller({
  names,
  goals = [],
  now = AT + 60_000,
}: {
  names: WebhookEventName[]
  goals?: Goal[]
  now?: number
}) {
  const outbox = createFakeOutbox(...names)
  const pending = { visitors: createPendingIds(), sessions: createPendingIds() }
  const { publish, maxDeliveries } = createEventPublisher({
    outbox,
    goals: await openGoalBook(...goals),
    pending,
    now: () => now,
  })
  return {
    outbox,
    pending,
    maxDeliveries,
    tell: (...rows: ReturnType<typeof row>[]) => publish(rows.map((one) => ({ row: one }))),
  }
}

describe('a stored event', () => {
  it('publishes a stored event as a pageview or custom event', async () => {
    const { outbox, tell } = await openTeller({ names: ['pageview', 'event'] })
    const page = row({
      event_id: 'one',
      path: '/blog/my-article',
      referrer: 'https://google.com',
      country: 'US',
      device_type: 'desktop',
      browser: 'Chrome',
    })
    const signup = row({
      event_id: 'two',
      event_type: 'custom',
      event_name: 'signup_click',
      path: '/pricing',
      properties: '{"category":"conversion","label":"hero_button","value":1,"plan":"pro"}',
    })
    const bare = row({ event_id: 'three', event_type: 'custom', event_name: 'play' })
    await tell(
      page,
      signup,
      bare,
      ...['identify', 'revenue', 'error', 'performance', 'engagement', 'goal'].map((event_type) =>
        row({ event_type }),
      ),
    )
    expect(outbox.told).toEqual([
      {
        key: 'one',
        name: 'pageview',
        siteId: 'ws_1',
        at: AT,
        data: {
          siteId: 'ws_1',
          path: '/blog/my-article',
          referrer: 'https://google.com',
          country: 'US',
          device: 'desktop',
          browser: 'Chrome',
        },
      },
      {
        key: 'two',
        name: 'event',
        siteId: 'ws_1',
        at: AT,
        data: {
          siteId: 'ws_1',
          action: 'signup_click',
          category: 'conversion',
          label: 'hero_button',
          value: 1,
          path: '/pricing',
        },
      },
      {
        key: 'three',
        name: 'event',
        siteId: 'ws_1',
        at: AT,
        data: { siteId: 'ws_1', action: 'play', category: null, label: null, value: null, path: '/' },
      },
    ])
  })

  it('publishes null for every unknown value', async () => {
    const { outbox, tell } = await openTeller({ names: ['pageview', 'event'] })
    const unknown = { referrer: '', country: '', device_type: '', browser: '' }
    await tell(row({ ...unknown }), row({ ...unknown, event_type: 'custom', event_name: 'play' }))
    for (const { data } of outbox.told) expect(Object.values(data)).not.toContain('')
    expect(outbox.told[0]!.data).toMatchObject({ referrer: null, country: null, device: null, browser: null })
  })

  it('publishes a stored event only to subscribed webhooks', async () => {
    const { outbox, pending, tell } = await openTeller({
      names: [],
      goals: [
        makeGoal({ kind: 'path', match: 'exact', path: '/' }),
        makeGoal({ kind: 'duration', seconds: 1 }),
      ],
    })
    expect(
      tell(
        row(),
        row({ event_type: 'custom', event_name: 'x', properties: 'no JSON: it is not read' }),
        row({ event_type: 'goal' }),
      ),
    ).toBeUndefined()
    expect(outbox.puts).toBe(0)
    expect([pending.sessions.take().size, pending.visitors.take().size]).toEqual([0, 0])
    outbox.names.add('event')
    await tell(row(), row({ event_type: 'custom', event_name: 'x' }))
    expect(outbox.told.map(({ name }) => name)).toEqual(['event'])
  })

  it('queues the visitor and session of an event for evaluation if a webhook needs them', async () => {
    const { pending, tell } = await openTeller({
      names: ['high_value_visitor', 'goal'],
      goals: [makeGoal({ kind: 'duration', seconds: 60 })],
    })
    await tell(
      row({ visitor_id: 'a', session_id: 's' }),
      row({ visitor_id: 'a', session_id: 's' }),
      row({ site_id: 'ws_2', visitor_id: 'b', session_id: 't' }),
    )
    expect(pending.visitors.take()).toEqual(
      new Map([
        ['ws_1', new Set(['a'])],
        ['ws_2', new Set(['b'])],
      ]),
    )
    expect(pending.sessions.take()).toEqual(new Map([['ws_1', new Set(['s'])]]))
  })
})

describe('a goal', () => {
  const goals = [
    makeGoal(
      { kind: 'path', match: 'exact', path: '/thanks' },
      { id: 'goal_exact', name: 'Newsletter Signup', value: 1 },
    ),
    makeGoal({ kind: 'path', match: 'prefix', path: '/blog/' }, { id: 'goal_prefix' }),
    makeGoal({ kind: 'path', match: 'glob', path: '/shop/*/buy' }, { id: 'goal_glob' }),
    makeGoal({ kind: 'event', event: 'signup' }, { id: 'goal_event', value: 5 }),
    makeGoal({ kind: 'path', match: 'prefix', path: '/' }, { id: 'goal_other', siteId: 'ws_2' }),
  ]
  const reached = async (...rows: ReturnType<typeof row>[]) => {
    const { outbox, tell } = await openTeller({ names: ['goal'], goals })
    for (const one of rows) await tell(one)
    return outbox.told.map(({ data }) => [data['goalId'], data['value']])
  }

  it('publishes a goal with all of its fields', async () => {
    const { outbox, tell } = await openTeller({ names: ['goal'], goals })
    await tell(row({ path: '/thanks', session_id: 'session-1' }))
    expect(outbox.told).toEqual([
      {
        key: 'goal_exact session-1',
        name: 'goal',
        siteId: 'ws_1',
        at: AT,
        data: {
          siteId: 'ws_1',
          goalId: 'goal_exact',
          goalName: 'Newsletter Signup',
          path: '/thanks',
          value: 1,
        },
      },
    ])
  })

  it('completes a path goal with a pageview of its path, but with no other event', async () => {
    expect(
      await reached(row({ path: '/thanks' }), row({ path: '/blog/1' }), row({ path: '/shop/shoes/buy' })),
    ).toEqual([
      ['goal_exact', 1],
      ['goal_prefix', null],
      ['goal_glob', null],
    ])
    expect(
      await reached(
        row({ path: '/thanks/' }),
        row({ path: '/blog' }),
        row({ path: '/shop/a/b/buy' }),
        row({ event_type: 'custom', path: '/thanks' }),
      ),
    ).toEqual([])
  })

  it('completes an event goal with a custom event or goal of its name', async () => {
    expect(await reached(row({ event_type: 'custom', event_name: 'signup' }))).toEqual([['goal_event', 5]])
    expect(
      await reached(row({ event_type: 'goal', event_name: 'signup', properties: '{"value":7}' })),
    ).toEqual([['goal_event', 7]])
    expect(
      await reached(
        row({ event_type: 'custom', event_name: 'Signup' }),
        row({ event_type: 'revenue', event_name: 'signup' }),
      ),
    ).toEqual([])
  })

  it('publishes a goal once per session', async () => {
    const again = ['one', 'one', 'two'].map((session_id) => row({ path: '/thanks', session_id }))
    expect(await reached(...again)).toHaveLength(2)
  })

  it('does not complete a goal with events from before the creation of its rule', async () => {
    const { outbox, tell } = await openTeller({
      names: ['goal'],
      goals: [makeGoal({ kind: 'event', event: 'signup' }, { ruledAt: AT + 1 })],
    })
    await tell(row({ event_type: 'custom', event_name: 'signup' }))
    expect(outbox.told).toEqual([])
    await tell(row({ event_type: 'custom', event_name: 'signup', occurred_at: AT + 1 }))
    expect(outbox.told).toHaveLength(1)
  })

  it('completes a goal even if the clock was set back after the creation of its rule', async () => {
    const { outbox, tell } = await openTeller({
      names: ['goal'],
      now: AT,
      goals: [
        makeGoal({ kind: 'event', event: 'signup' }, { ruledAt: AT + 3_600_000 }),
        makeGoal({ kind: 'path', match: 'prefix', path: '/' }, { id: 'goal_2', ruledAt: AT + 3_600_000 }),
      ],
    })
    await tell(row({ event_type: 'custom', event_name: 'signup' }), row())
    expect(outbox.told.map(({ data }) => data['goalId'])).toEqual(['goal_1', 'goal_2'])
  })

  it('publishes a goal each time the tracker sends it, unless the site defines a goal with that name', async () => {
    const { outbox, tell } = await openTeller({ names: ['goal'], goals })
    await tell(
      row({
        event_id: 'g1',
        event_type: 'goal',
        event_name: 'order',
        properties: '{"value":99.5}',
        path: '/cart',
      }),
    )
    await tell(
      row({ event_id: 'g2', event_type: 'goal', event_name: 'order' }),
      row({ event_id: 'g3', event_type: 'goal', event_name: 'signup' }),
    )
    expect(outbox.told.map(({ key, data }) => [key, data])).toEqual([
      ['g1', { siteId: 'ws_1', goalId: 'order', goalName: 'order', path: '/cart', value: 99.5 }],
      ['g2', { siteId: 'ws_1', goalId: 'order', goalName: 'order', path: '/', value: null }],
      [
        'goal_event session',
        { siteId: 'ws_1', goalId: 'goal_event', goalName: 'A goal', path: '/', value: 5 },
      ],
    ])
  })
})

it('knows the greatest number of deliveries of an event before it is published', async () => {
  const goals = [
    makeGoal({ kind: 'path', match: 'exact', path: '/thanks' }, { id: 'goal_1' }),
    makeGoal({ kind: 'path', match: 'prefix', path: '/blog' }, { id: 'goal_2' }),
    makeGoal({ kind: 'event', event: 'signup' }, { id: 'goal_3' }),
  ]
  const { maxDeliveries, outbox, tell } = await openTeller({ names: ['pageview', 'event', 'goal'], goals })
  const pageview = row({ event_id: 'e1', path: '/thanks' })
  const signup = row({ event_id: 'e2', event_type: 'custom', event_name: 'signup' })
  const other = row({ event_id: 'e3', event_type: 'custom', event_name: 'play' })
  const goal = row({ event_id: 'e4', event_type: 'goal', event_name: 'order' })
  // A pageview is not compared with the paths of goals.
  expect([pageview, signup, other, goal].map(maxDeliveries)).toEqual([3, 2, 1, 1])
  expect(maxDeliveries(row({ event_type: 'heartbeat' }))).toBe(0)
  await tell(pageview, signup, other, goal)
  expect(outbox.told).toHaveLength(6)
})

it('drops IDs above its limit, and reports how many', () => {
  const ids = createPendingIds(2)
  for (const id of ['a', 'b', 'a', 'c', 'd']) ids.add('ws_1', id)
  expect(ids.take()).toEqual(new Map([['ws_1', new Set(['a', 'b'])]]))
  expect([ids.takeDropped(), ids.takeDropped(), ids.take().size]).toEqual([2, 0, 0])
  ids.add('ws_1', 'e')
  expect(ids.take().size).toBe(1)
})
