import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readConfig } from '../../src/config.js'
import { createRegistry } from '../../src/observability/registry.js'
import { createTestApp, METRICS_TOKEN, type TestApp } from '../support/create-test-app.js'
import { makeEvent } from '../support/make-event.js'

describe('the Prometheus text format', () => {
  it('writes the escaped help text, the type and the samples of each metric', () => {
    const { counter, gauge, readCounter, expose } = createRegistry()
    const requests = counter('requests_total', 'Answers, "\\" and\nmore.')
    requests.with({ route: 'a "b"\\\n', status: '200' }).add()
    requests.with({ route: 'a "b"\\\n', status: '200' }).add(2)
    requests.with({ route: 'c', status: '404' })
    gauge({ name: 'depth', help: 'Depth.', labels: { queue: 'a' }, read: () => 7 })
    gauge({ name: 'depth', help: 'Depth.', labels: { queue: 'b' }, read: () => 0.5 })
    readCounter({ name: 'restarts_total', help: 'Restarts.', read: () => 3 })
    expect(expose()).toBe(
      [
        '# HELP requests_total Answers, "\\\\" and\\nmore.',
        '# TYPE requests_total counter',
        'requests_total{route="a \\"b\\"\\\\\\n",status="200"} 3',
        'requests_total{route="c",status="404"} 0',
        '# HELP depth Depth.',
        '# TYPE depth gauge',
        'depth{queue="a"} 7',
        'depth{queue="b"} 0.5',
        '# HELP restarts_total Restarts.',
        '# TYPE restarts_total counter',
        'restarts_total 3',
        '',
      ].join('\n'),
    )
  })

  it('counts values cumulatively in histogram buckets, including the bounds', () => {
    const { histogram, expose } = createRegistry()
    const { observe } = histogram({
      name: 'latency_seconds',
      help: 'Latency.',
      labels: { queue: 'a' },
      buckets: [0.1, 1],
    })
    for (const value of [0.05, 0.1, 0.5, 3]) observe(value)
    expect(expose().split('\n').slice(2)).toEqual([
      'latency_seconds_bucket{queue="a",le="0.1"} 2',
      'latency_seconds_bucket{queue="a",le="1"} 3',
      'latency_seconds_bucket{queue="a",le="+Inf"} 4',
      'latency_seconds_sum{queue="a"} 3.65',
      'latency_seconds_count{queue="a"} 4',
      '',
    ])
  })
})

describe('GET /metrics', () => {
  let opened: TestApp
  beforeAll(async () => {
    opened = await createTestApp()
  })
  afterAll(() => opened.close())

  const get = (authorization?: string) =>
    opened.app.inject({ url: '/metrics', headers: authorization === undefined ? {} : { authorization } })

  it('rejects requests for metrics without the metrics token', async () => {
    for (const wrong of [undefined, '', 'Bearer', `Bearer ${METRICS_TOKEN}x`, METRICS_TOKEN]) {
      const refused = await get(wrong)
      expect([refused.statusCode, refused.headers['access-control-allow-origin']]).toEqual([401, undefined])
    }
    const answer = await get(`Bearer ${METRICS_TOKEN}`)
    expect([answer.statusCode, answer.headers['content-type'], answer.headers['cache-control']]).toEqual([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
      'no-store',
    ])
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin')
  })

  it('returns the ingest metrics without sites and addresses', async () => {
    await opened.app.inject({
      method: 'POST',
      url: `/e/${opened.site.trackingCode}`,
      headers: { 'content-type': 'text/plain', 'x-forwarded-for': '203.0.113.77' },
      payload: JSON.stringify(makeEvent()),
    })
    const { body } = await get(`Bearer ${METRICS_TOKEN}`)
    const sample =
      /^(# (HELP|TYPE) [a-z_0-9]+ .+|[a-z_0-9]+(\{[a-z]+="[^"\n]*"(,[a-z]+="[^"\n]*")*\})? -?[\d.e+-]+)$/
    expect(
      body
        .trimEnd()
        .split('\n')
        .filter((line) => !sample.test(line)),
    ).toEqual([])
    for (const line of [
      'zenovay_events_received_total 1',
      'zenovay_events_total{outcome="stored"} 1',
      'zenovay_commit_seconds_count{queue="events"} 1',
      'zenovay_commit_batch_size_sum{queue="events"} 1',
      'zenovay_queue_depth{queue="events"} 0',
      'zenovay_event_id_reuse_total 0',
      'zenovay_http_requests_total{route="/e/:code",status="200"} 1',
    ])
      expect(body).toContain(`${line}\n`)
    expect(body).not.toMatch(/203\.0\.113|ws_|ZV_|example\.com/)
  })
})

it('serves no metrics without METRICS_TOKEN, and rejects a token that is too short', async () => {
  expect(readConfig({}).metricsToken).toBeUndefined()
  expect(() => readConfig({ METRICS_TOKEN: 'short' })).toThrow('METRICS_TOKEN')
})
