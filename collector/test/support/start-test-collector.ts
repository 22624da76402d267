import Database from 'libsql'
import { createApiKey, readConfig, startCollector, type Collector, type Site } from '@zenovay/collector'
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
  /** Sets the requests of all accounts in this minute to 0, for tests that send more than a plan allows. */
  resetRequestCounts(): void
  /** Stops the collector and starts another on the same data. */
  restart(): Promise<void>
}

export async function startTestCollector(
  env: Record<string, string> = {},
  options: { now?: () => number } = {},
): Promise<TestCollector> {
  const engine = await startTestEngine()
  const { dataDir, select, command } = engine
  const config = readConfig({
    PORT: '0',
    DATA_DIR: dataDir,
    LOG_LEVEL: 'silent',
    CLICKHOUSE_URL: engine.url,
    ...env,
  })
  let collector = await startCollector(config, options)
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
    resetRequestCounts() {
      const database = new Database(config.controlFile, { timeout: 5_000 })
      database.exec('DELETE FROM account_minutes')
      database.close()
    },
    async restart() {
      await collector.close()
      started.collector = collector = await startCollector(config, options)
      started.url = collector.url
    },
    async close() {
      await collector.close()
      await engine.close()
    },
  }
  return started
}
