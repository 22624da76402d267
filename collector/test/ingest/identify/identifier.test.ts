import { randomBytes } from 'node:crypto'
import { type IngestEvent, validateEvent, type ValidEvent } from '@zenovay/tracker/contract'
import { describe, expect, it } from 'vitest'
import { createIdentifier } from '../../../src/ingest/identify/identifier.js'
import { respectPrivacySignal } from '../../../src/ingest/pipeline.js'
import { makeEvent } from '../../support/make-event.js'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
const NOON = Date.UTC(2026, 5, 1, 12)
const MIDNIGHT = Date.UTC(2026, 5, 2)

const known = new Map<number, Buffer>()
const saltOf = (day: number) => known.get(day) ?? known.set(day, randomBytes(32)).get(day)!
const salts = {
  at: (now: number) => ({
    day: '',
    current: saltOf(Math.floor(now / DAY_MS)),
    previous: saltOf(Math.floor(now / DAY_MS) - 1),
  }),
}

function read(fields: Partial<IngestEvent>): ValidEvent {
  const result = validateEvent(makeEvent(fields))
  if (!result.ok) throw new Error(JSON.stringify(result.faults))
  return result.event
}
const load = (session: string) => read({ cookieless: true, session_id: session })
const sender = (now: number, ip = '192.0.2.1', siteId = 'ws_1') => ({ siteId, ip, now })

describe('a cookieless visitor', () => {
  it('keeps the session of a cookieless visitor for 30 minutes', async () => {
    const { identify } = createIdentifier({ salts })
    const first = await identify(load('page-load-1'), sender(NOON))
    const second = await identify(load('page-load-2'), sender(NOON + 29 * MINUTE_MS))
    const third = await identify(load('page-load-3'), sender(NOON + 59 * MINUTE_MS + 1))
    expect([second.visitorId, third.visitorId]).toEqual([first.visitorId, first.visitorId])
    expect([first.sessionId, second.sessionId, third.sessionId]).toEqual([
      'page-load-1',
      'page-load-1',
      'page-load-3',
    ])
  })

  it('gives a cookieless visitor different IDs on other sites, networks and days', async () => {
    const { identify } = createIdentifier({ salts })
    const { visitorId } = await identify(load('page-load-1'), sender(NOON))
    for (const other of [
      sender(NOON, '192.0.2.1', 'ws_2'),
      sender(NOON, '198.51.100.1'),
      sender(NOON + DAY_MS),
    ])
      expect((await identify(load('page-load-1'), other)).visitorId).not.toBe(visitorId)
  })

  it("continues yesterday's cookieless session under today's visitor ID", async () => {
    const { identify } = createIdentifier({ salts })
    const before = await identify(load('page-load-1'), sender(MIDNIGHT - 1))
    const after = await identify(load('page-load-2'), sender(MIDNIGHT + 29 * MINUTE_MS))
    const later = await identify(load('page-load-3'), sender(MIDNIGHT + 58 * MINUTE_MS))
    expect([before, after, later].map(({ sessionId }) => sessionId)).toEqual(Array(3).fill('page-load-1'))
    expect(after.visitorId).not.toBe(before.visitorId)
    expect(later.visitorId).toBe(after.visitorId)
  })

  it('gives an event that waited the session of the time when it happened', async () => {
    const { identify } = createIdentifier({ salts })
    const late = (session: string, age_ms: number) => read({ cookieless: true, session_id: session, age_ms })
    const now = await identify(load('page-load-1'), sender(NOON))
    const hoursAgo = await identify(late('page-load-0', 3 * 60 * MINUTE_MS), sender(NOON))
    const minutesAgo = await identify(late('page-load-2', 20 * MINUTE_MS), sender(NOON + 10 * MINUTE_MS))
    const yesterday = await identify(late('page-load-3', DAY_MS), sender(NOON))
    const before = await identify(late('page-load-4', 3 * DAY_MS), sender(NOON))

    expect([now, hoursAgo, minutesAgo, yesterday, before].map(({ sessionId }) => sessionId)).toEqual([
      'page-load-1',
      'page-load-0',
      'page-load-1',
      'page-load-3',
      'page-load-4',
    ])
    expect(hoursAgo.visitorId).toBe(now.visitorId)
    expect(yesterday.visitorId).not.toBe(now.visitorId)
    expect(yesterday.visitorId).toBe((await identify(load('x'.repeat(8)), sender(NOON - DAY_MS))).visitorId)
    expect(before.visitorId).toBe('s_page-load-4')
    // The session of now is still the last one.
    const next = await identify(load('page-load-5'), sender(NOON + 29 * MINUTE_MS))
    expect(next.sessionId).toBe('page-load-1')
  })

  it("starts a new session after midnight if yesterday's session ended 30 minutes ago", async () => {
    const { identify } = createIdentifier({ salts })
    await identify(load('page-load-1'), sender(MIDNIGHT - 20 * MINUTE_MS))
    expect((await identify(load('page-load-2'), sender(MIDNIGHT + 10 * MINUTE_MS))).sessionId).toBe(
      'page-load-2',
    )
  })

  it('continues a session after a restart, even at midnight', async () => {
    const before = createIdentifier({ salts })
    const { visitorId, sessionId } = await before.identify(load('page-load-1'), sender(MIDNIGHT - MINUTE_MS))
    const after = createIdentifier({ salts, recent: [{ visitorId, sessionId, seen: MIDNIGHT - MINUTE_MS }] })
    expect((await after.identify(load('page-load-2'), sender(MIDNIGHT + MINUTE_MS))).sessionId).toBe(
      'page-load-1',
    )
  })

  it('gives a measurement the session of its page, which it keeps alive but never begins', async () => {
    const { identify } = createIdentifier({ salts })
    const measure = (session: string) =>
      read({
        cookieless: true,
        session_id: session,
        event_type: 'engagement',
        properties: { engaged_ms: 9_000, view: 'view-0001' },
      })
    const first = await identify(load('page-load-1'), sender(NOON))
    const second = await identify(load('page-load-2'), sender(NOON + 20 * MINUTE_MS))
    expect(second).toEqual(first)
    // The second page is read for 40 minutes.
    expect(await identify(measure('page-load-2'), sender(NOON + 45 * MINUTE_MS))).toEqual(first)
    expect(await identify(load('page-load-3'), sender(NOON + 70 * MINUTE_MS))).toEqual(first)
    // It is left after three hours: in its session, which does not go on.
    expect(await identify(measure('page-load-2'), sender(NOON + 250 * MINUTE_MS))).toEqual(first)
    expect((await identify(load('page-load-4'), sender(NOON + 251 * MINUTE_MS))).sessionId).toBe(
      'page-load-4',
    )
    expect(await identify(measure('page-load-2'), sender(NOON + 252 * MINUTE_MS))).toEqual(first)
    expect((await identify(load('page-load-5'), sender(NOON + 253 * MINUTE_MS))).sessionId).toBe(
      'page-load-4',
    )
  })

  it('identifies heartbeats by address and user agent, not by their IDs', async () => {
    const { identify, visitorOf } = createIdentifier({ salts })
    await identify(load('page-load-1'), sender(NOON))
    const { visitorId } = await identify(load('page-load-2'), sender(NOON + MINUTE_MS))
    for (const session_id of ['page-load-1', 'page-load-2'])
      expect(visitorOf({ session_id }, 'ws_1')).toBe(visitorId)
    expect(visitorOf({ session_id: 'page-load-2', visitor_id: 'visitor-0001' }, 'ws_1')).toBe(visitorId)
    expect(visitorOf({ session_id: 'page-load-2' }, 'ws_2')).toBe('s_page-load-2')
  })
})

it('keeps the IDs of a sender, and derives a missing visitor ID from the session', async () => {
  const { identify, visitorOf } = createIdentifier({ salts })
  expect(await identify(read({}), sender(NOON))).toEqual({
    visitorId: 'visitor-0001',
    sessionId: 'session-0001',
  })
  const { visitor_id: _, ...anonymous } = read({})
  expect(await identify({ ...anonymous, visitor_id: undefined }, sender(NOON))).toEqual({
    visitorId: 's_session-0001',
    sessionId: 'session-0001',
  })
  expect(visitorOf({ session_id: 'session-0001', visitor_id: 'visitor-0001' }, 'ws_1')).toBe('visitor-0001')
})

it('treats an event with a privacy signal as cookieless and ignores its user ID', () => {
  const event = read({ gpc: true, user_id: 'user-42', event_type: 'identify', properties: { plan: 'pro' } })
  expect(respectPrivacySignal(event)).toEqual({
    ...event,
    cookieless: true,
    visitor_id: undefined,
    user_id: undefined,
  })
  const other = read({ gpc: false, user_id: 'user-42' })
  expect(respectPrivacySignal(other)).toBe(other)
})
