#!/usr/bin/env node
// @ts-check
// The control of bench/crash: the parts of the collector, but it answers before the commit. It must lose
// events.
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
import { openControlStores } from '../collector/dist/stores/sql/database.js'

const config = readConfig(process.env)
const log = pino({ level: config.logLevel }, pino.destination(2))
mkdirSync(config.dataDir, { recursive: true })
const { control } = await openControlStores(config.controlFile)
const engine = await startEmbeddedEngine(`${config.dataDir}/engine`, log)
const events = await createClickhouseEventStore({ url: engine.url })
const real = await createEventCommit({ store: events, log })
const commit = {
  ...real,
  commit(candidate) {
    void real.commit(candidate)
    return Promise.resolve(/** @type {const} */ ('stored'))
  },
}
const heartbeats = createGroupCommit({ write: (rows, id) => events.insertHeartbeats(rows, id), log })
const identifier = createIdentifier({
  salts: createSaltRotation({ store: createSaltFolder(`${config.dataDir}/salts`), log }),
})
// Only the services that ingest needs.
/** @type {any} */
const services = {
  config,
  stores: { control, events },
  ingest: { commit, heartbeats, identifier, geo: await openGeo(undefined) },
  webhooks: { deliveries: { inFlight: () => 0, backlog: () => 0 } },
  metrics: createMetrics(),
  assets: { scripts: [], page: [] },
  log,
}
const app = createApp(services)
console.log(`collector: ${await app.listen({ port: config.port, host: config.host })}`)
console.log('ready')
