import { createApiKey, readConfig, startCollector, type Collector, type Site } from '@zenovay/collector'
import { clearMinutes } from './clear-minutes.js'
import { startTestEngine, type TestEngine } from './start-test-engine.js'

/** A collector with its own engine. Its jobs run beside the test; a test of a store starts only an engine. */
export interface TestCollector extends Pick<TestEngine, 'dataDir' | 'select' | 'command' | 'close'> {
  url: string
  site: Site
  /** Key of `site`. */
  apiKey: string
  collector: Collector
  engine: TestEngine
  /** Posts to the ingest endpoint of `site`. */
  post(
    body: unknown,
    init?: { contentType?: string; headers?: Record<string, string>; code?: string },
  ): Promise<Response>
  get(path: string, headers?: Record<string, string>): Promise<Response>
  /** Lets a minute pass for all rate limits, but not for anything else. */
  passMinute(): void
  /** Stops the collector and starts another on the same data, with further settings. */
  restart(env?: Record<string, string>): Promise<void>
}

const MINUTE_MS = 60_000

export async function startTestCollector(
  env: Record<string, string> = {},
  options: { now?: () => number } = {},
): Promise<TestCollector> {
  const engine = await startTestEngine()
  const { dataDir, select, command } = engine
  const read = (more: Record<string, string> = {}) =>
    readConfig({
      PORT: '0',
      DATA_DIR: dataDir,
      LOG_LEVEL: 'silent',
      CLICKHOUSE_URL: engine.url,
      ...env,
      ...more,
    })
  const config = read()
  let passedMs = 0
  const clocks = { ...options, steadyNow: () => performance.now() + passedMs }
  let collector = await startCollector(config, clocks)
  const site = await collector.control.addSite({
    domain: 'example.com',
    name: 'Example',
    allowedDomains: ['partner.example'],
  })
  const { secret, record } = createApiKey({ name: 'test', siteId: site.id }, Date.now())
  await collector.control.addApiKey(record)

  const started: TestCollector = {
    url: collector.url,
    site,
    apiKey: secret,
    collector,
    engine,
    dataDir,
    select,
    command,
    post: (body, { contentType = 'text/plain', headers = {}, code = site.trackingCode } = {}) =>
      fetch(`${started.url}/e/${code}`, {
        method: 'POST',
        headers: { 'content-type': contentType, ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    get: (path, headers = {}) => fetch(started.url + path, { headers, redirect: 'manual' }),
    passMinute() {
      passedMs += MINUTE_MS
      clearMinutes(config.controlFile)
    },
    async restart(more) {
      await collector.close()
      started.collector = collector = await startCollector(read(more), clocks)
      started.url = collector.url
    },
    async close() {
      await collector.close()
      await engine.close()
    },
  }
  return started
}
