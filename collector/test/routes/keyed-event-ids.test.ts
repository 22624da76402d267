import type { IngestEvent } from '@zenovay/tracker/contract'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createApiKey } from '../../src/control/keys/api-key.js'
import type { BatchSummary } from '../../src/ingest/batch.js'
import { createTestApp, type TestApp } from '../support/create-test-app.js'
import { makeEvent } from '../support/make-event.js'
import { makeRow } from '../support/make-row.js'

let opened: TestApp
let key: string
beforeEach(async () => {
  opened = await createTestApp()
  const { secret, record } = createApiKey(
    { name: 'shop', siteId: opened.site.id, scope: 'write' },
    Date.now(),
  )
  await opened.control.addApiKey(record)
  key = secret
})
afterEach(() => opened.close())

/** Sends an event with the API key, and returns its status. */
async function sendWithKey(event: IngestEvent): Promise<string> {
  const answer = await opened.app.inject({
    method: 'POST',
    url: '/api/v1/events',
    headers: { 'content-type': 'application/json', 'x-api-key': key },
    payload: JSON.stringify({ trackingCode: opened.site.trackingCode, events: [event] }),
  })
  return answer.json<{ data: BatchSummary }>().data.results[0]!.status
}

/** Sends an event as a browser does. */
async function sendFromBrowser(event: IngestEvent): Promise<void> {
  const answer = await opened.app.inject({
    method: 'POST',
    url: `/e/${opened.site.trackingCode}`,
    headers: { 'content-type': 'text/plain' },
    payload: JSON.stringify(event),
  })
  expect(answer.statusCode).toBe(200)
}

const order: Partial<IngestEvent> = {
  event_id: 'order-7',
  event_type: 'revenue',
  url: 'https://example.com/thanks',
  properties: { value: 99, currency: 'EUR' },
}
const paid = (fields: Partial<IngestEvent> = {}) =>
  makeEvent({ ...order, visitor_id: 'visitor-of-the-buyer', session_id: 'session-of-the-buyer', ...fields })
const claim = (fields: Partial<IngestEvent> = {}) =>
  makeEvent({ ...order, visitor_id: 'visitor-of-a-stranger', session_id: 'session-of-a-stranger', ...fields })
const storedVisitors = () => opened.rows.map(({ visitor_id }) => visitor_id)
const storedIds = () => opened.rows.map(({ event_id }) => event_id)

describe('an ID that was sent with an API key', () => {
  it.each([false, true])('cannot be claimed first by a browser, with retry: %s', async (retry) => {
    await sendFromBrowser(claim())
    expect(await sendWithKey(paid({ retry }))).toBe('stored')
    expect(storedVisitors()).toEqual(['visitor-of-a-stranger', 'visitor-of-the-buyer'])
  })

  it('does not make the event of a browser a duplicate', async () => {
    expect(await sendWithKey(paid())).toBe('stored')
    await sendFromBrowser(claim())
    expect(storedVisitors()).toEqual(['visitor-of-the-buyer', 'visitor-of-a-stranger'])
  })

  it('is stored once, however often and with whatever amount it is sent again', async () => {
    expect(await sendWithKey(paid())).toBe('stored')
    expect(await sendWithKey(paid())).toBe('duplicate')
    expect(await sendWithKey(paid({ retry: true }))).toBe('duplicate')
    expect(await sendWithKey(paid({ retry: true, properties: { value: 98 } }))).toBe('duplicate')
    expect(storedIds()).toEqual(['order-7~KEY'])
  })

  it('belongs to another event if the content differs, whose retries are duplicates', async () => {
    const other = paid({ properties: { value: 1 } })
    expect([await sendWithKey(paid()), await sendWithKey(other)]).toEqual(['stored', 'stored'])
    expect([await sendWithKey(other), await sendWithKey({ ...other, retry: true })]).toEqual([
      'duplicate',
      'duplicate',
    ])
    expect(storedIds()).toEqual(['order-7~KEY', expect.stringMatching(/^order-7~[0-9a-z]{1,7}~KEY$/)])
  })

  it('cannot be reached by a browser that sends the stored form', async () => {
    for (const retry of [false, true]) await sendFromBrowser(claim({ event_id: 'order-7~KEY', retry }))
    expect(await sendWithKey(paid({ retry: true }))).toBe('stored')
    const other = paid({ properties: { value: 1 } })
    expect(await sendWithKey(other)).toBe('stored')
    const renamed = storedIds().at(-1)!
    await sendFromBrowser(claim({ event_id: renamed, retry: true }))
    expect(await sendWithKey({ ...other, retry: true })).toBe('duplicate')
    expect(storedVisitors()).toEqual([
      'visitor-of-a-stranger',
      'visitor-of-the-buyer',
      'visitor-of-the-buyer',
      'visitor-of-a-stranger',
    ])
    expect(storedIds().filter((id) => id.endsWith('~KEY'))).toEqual(['order-7~KEY', renamed])
  })
})

describe('shared_id', () => {
  it.each([
    ['the same content', {}],
    ['other content', { url: 'https://example.com/webhook', properties: { value: 99 } }],
  ])('counts an event of a browser and a server once, with %s', async (_name, content) => {
    await sendFromBrowser(paid({ event_id: 'browser-first' }))
    expect(await sendWithKey(paid({ event_id: 'browser-first', shared_id: true, ...content }))).toBe(
      'duplicate',
    )
    expect(await sendWithKey(paid({ event_id: 'server-first', shared_id: true, ...content }))).toBe('stored')
    await sendFromBrowser(paid({ event_id: 'server-first' }))
    await sendFromBrowser(paid({ event_id: 'server-first', retry: true }))
    expect(storedIds()).toEqual(['browser-first', 'server-first'])
  })

  it('finds an event of a browser that only the store knows', async () => {
    opened.rows.push(makeRow({ site_id: opened.site.id, event_id: 'yesterday', occurred_at: Date.now() }))
    expect(await sendWithKey(paid({ event_id: 'yesterday', shared_id: true }))).toBe('duplicate')
    expect(storedIds()).toEqual(['yesterday'])
  })

  it('has no effect without an API key', async () => {
    await sendFromBrowser(claim({ shared_id: true }))
    expect(await sendWithKey(paid())).toBe('stored')
    await sendFromBrowser(claim({ shared_id: true, properties: { value: 1 } }))
    expect(opened.rows).toHaveLength(3)
  })
})

describe('an event with an API key that was stored under its plain ID by an older release', () => {
  async function storeUnderPlainId(event: IngestEvent): Promise<void> {
    expect(await sendWithKey({ ...event, event_id: 'not yet', retry: false })).toBe('stored')
    opened.rows[0]!.event_id = event.event_id!
  }

  it('is not stored again by a retry', async () => {
    await storeUnderPlainId(paid())
    expect(await sendWithKey(paid({ retry: true }))).toBe('duplicate')
    expect(await sendWithKey(paid())).toBe('duplicate')
    expect(storedIds()).toEqual(['order-7'])
  })

  it.each([
    ['visitor', { visitor_id: 'visitor-of-a-stranger' }],
    ['session', { session_id: 'session-of-a-stranger' }],
    ['content', { properties: { value: 1 } }],
  ])('is a different event if its %s differs', async (_name, difference) => {
    await storeUnderPlainId(paid(difference))
    expect(await sendWithKey(paid({ retry: true }))).toBe('stored')
    expect(storedIds()).toEqual(['order-7', 'order-7~KEY'])
  })
})
