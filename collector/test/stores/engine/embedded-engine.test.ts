import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeEvent } from '../../support/make-event.js'
import { startTestCollector, type TestCollector } from '../../support/start-test-collector.js'

let collector: TestCollector

beforeAll(async () => {
  collector = await startTestCollector()
})
afterAll(() => collector.close())

const ask = (query: string, headers: Record<string, string>) =>
  fetch(`${new URL(collector.engine.url).origin}/?query=${encodeURIComponent(query)}`, { headers })

it('rejects connections to the engine without the password', async () => {
  await collector.post(makeEvent())
  const wrong = `Basic ${Buffer.from('collector:wrong').toString('base64')}`
  for (const headers of [
    {},
    { 'x-clickhouse-user': 'default' },
    { 'x-clickhouse-user': 'collector' },
    { authorization: wrong },
  ])
    for (const query of [
      'SELECT count() FROM default.events',
      "SELECT * FROM file('/etc/passwd', 'LineAsString')",
    ]) {
      const answer = await ask(query, headers)
      expect(answer.status).toBe(404)
      expect(await answer.text()).not.toMatch(/^\d+\n$|root:/)
    }
})

it('answers report requests with 503 and Retry-After while the store is unavailable', async () => {
  const path = `/api/external/v1/analytics/${collector.site.id}`
  expect((await collector.get('/health')).status).toBe(200)
  await collector.engine.stop()
  // The result of a health check is valid for a second.
  await expect
    .poll(async (): Promise<unknown> => (await collector.get('/health')).json(), { interval: 300 })
    .toMatchObject({ status: 'unavailable', store: 'unreachable' })
  expect((await collector.get('/health')).status).toBe(503)
  const answer = await collector.get(path, { 'x-api-key': collector.apiKey })
  expect(answer.status).toBe(503)
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(await answer.text()).not.toMatch(/ECONN|127\.0\.0\.1|clickhouse/i)
})
