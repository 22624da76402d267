#!/usr/bin/env node
// The control of bench/crash: the collector's own parts, but it answers before the commit. It must lose events.
import { mkdirSync } from 'node:fs'
import { pino } from 'pino'
import { readConfig } from '../collector/dist/config.js'
import { createApp } from '../collector/dist/create-app.js'
import { openGeo } from '../collector/dist/ingest/enrich/geo.js'
import { createEventCommit } from '../collector/dist/ingest/commit/event-commit.js'
import { createIdentifier } from '../collector/dist/ingest/identify/identifier.js'
import { createSaltRotation } from '../collector/dist/ingest/identify/salts.js'
import { createGroupCommit } from '../collector/dist/ingest/commit/group-commit.js'
import { createMetrics } from '../collector/dist/ingest/metrics.js'
import { createClickhouseEventStore } from '../collector/dist/stores/clickhouse/event-store.js'
import { startEmbeddedEngine } from '../collector/dist/stores/engine/embedded-engine.js'
import { createSaltFolder } from '../collector/dist/stores/salt-folder.js'
import { openSqliteControlStore } from '../collector/dist/stores/sql/sites-and-accounts.js'

const config = readConfig(process.env)
const log = pino({ level: config.logLevel }, pino.destination(2))
mkdirSync(config.dataDir, { recursive: true })
const control = await openSqliteControlStore(config.controlFile)
const engine = await startEmbeddedEngine(`${config.dataDir}/engine`, log)
const events = await createClickhouseEventStore({ url: engine.url })
const real = await createEventCommit({ store: events, log })
const commit = {
  ...real,
  commit(candidate) {
    void real.commit(candidate)
    return Promise.resolve('stored')
  },
}
const heartbeats = createGroupCommit({ write: (rows, id) => events.insertHeartbeats(rows, id), log })
const identifier = createIdentifier({
  salts: createSaltRotation({ store: createSaltFolder(`${config.dataDir}/salts`), log }),
})
const app = createApp({
  config,
  stores: { control, events },
  ingest: { commit, heartbeats, identifier, geo: await openGeo(undefined) },
  webhooks: { deliveries: { inFlight: () => 0, backlog: () => 0 } },
  metrics: createMetrics(),
  assets: { scripts: [], page: [] },
  log,
})
console.log(`collector: ${await app.listen({ port: config.port, host: config.host })}`)
console.log('ready')
