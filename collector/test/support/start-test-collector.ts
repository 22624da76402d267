import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient, type ClickHouseClient } from '@clickhouse/client'
import { createApiKey, readConfig, startCollector, type Collector, type Site } from '@zenovay/collector'
import { pino } from 'pino'
import { startEmbeddedEngine, type EmbeddedEngine } from '../../src/stores/engine/embedded-engine.js'

/** A collector with its own engine, which the test can query in SQL. */
export interface TestCollector {
  url: string
  site: Site
  /** Key of `site`. */
  apiKey: string
  collector: Collector
  engine: EmbeddedEngine
  dataDir: string
  select<Row>(query: string): Promise<Row[]>
  /** Runs a statement without a result. */
  command(statement: string): Promise<void>
  /** Posts to the ingest endpoint of `site`. */
  post(
    body: unknown,
    init?: { contentType?: string; headers?: Record<string, string>; code?: string },
  ): Promise<Response>
  get(path: string, headers?: Record<string, string>): Promise<Response>
  /** Stops the collector and starts another on the same data. */
  restart(): Promise<void>
  close(): Promise<void>
}

const silent = pino({ level: 'silent' })

export async function startTestCollector(
  env: Record<string, string> = {},
  options: { now?: () => number } = {},
): Promise<TestCollector> {
  const dataDir = await mkdtemp(join(tmpdir(), 'zenovay-test-'))
  const engine = await startEmbeddedEngine(join(dataDir, 'engine'), silent)
  const clickhouse: ClickHouseClient = createClient({ url: engine.url })
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
    async select(query) {
      const answer = await clickhouse.query({
        query,
        format: 'JSONEachRow',
        clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
      })
      return answer.json()
    },
    async command(statement) {
      await clickhouse.command({ query: statement })
    },
    post: (body, { contentType = 'text/plain', headers = {}, code = site.trackingCode } = {}) =>
      fetch(`${started.url}/e/${code}`, {
        method: 'POST',
        headers: { 'content-type': contentType, ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    get: (path, headers = {}) => fetch(started.url + path, { headers, redirect: 'manual' }),
    async restart() {
      await collector.close()
      started.collector = collector = await startCollector(config, options)
      started.url = collector.url
    },
    async close() {
      await collector.close()
      await clickhouse.close()
      await engine.stop()
      await rm(dataDir, { recursive: true })
    },
  }
  return started
}
