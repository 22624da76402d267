import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readConfig, startCollector } from '@zenovay/collector'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createStoreClient } from '../../../src/stores/clickhouse/client.js'
import { type EmbeddedEngine, startEmbeddedEngine } from '../../../src/stores/engine/embedded-engine.js'
import {
  createEngineAddress,
  type EngineAddress,
  readEngineAddress,
} from '../../../src/stores/engine/engine-address.js'
import { openProvedConnection } from '../../../src/stores/engine/engine-connection.js'
import { findEngineProcess } from '../../support/find-engine-process.js'
import { makeEvent } from '../../support/make-event.js'
import { type Neighbour, startNeighbour } from '../../support/start-neighbour.js'

// The neighbour is a process of another user on the same machine. It sees the engine's port in the list of
// processes, and takes it whenever the engine does not hold it.

let folder: string
let neighbours: Neighbour[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zenovay-neighbour-'))
  neighbours = []
})
afterEach(async () => {
  for (const neighbour of neighbours) await neighbour.stop()
  rmSync(folder, { recursive: true })
})

const start = () => startEmbeddedEngine(join(folder, 'engine'), pino({ level: 'silent' }))

async function takePort(port: number, answer?: (request: string) => string): Promise<Neighbour> {
  const neighbour = await startNeighbour(port, answer)
  neighbours.push(neighbour)
  return neighbour
}

async function waitForAddress(engine: EmbeddedEngine, other: EngineAddress): Promise<EngineAddress> {
  const isNew = () => engine.locate() !== undefined && engine.locate()!.port !== other.port
  await expect.poll(isNew, { timeout: 20_000, interval: 20 }).toBe(true)
  return engine.locate()!
}

/** Requests of a proof only: no credential, no statement, no row. */
const PROOFS_ONLY =
  /^(GET \/[0-9a-f]{48} HTTP\/1\.1\r\nHost: 127\.0\.0\.1\r\nConnection: keep-alive\r\n\r\n)*$/

it('starts on another port if a neighbour takes its port before it listens', async () => {
  const starting = start()
  let found: ReturnType<typeof findEngineProcess>
  while (!(found = findEngineProcess())) await sleep(1)
  const neighbour = await takePort(found.port)

  const engine = await starting
  const address = engine.locate()!
  expect(address.port).not.toBe(found.port)
  expect(neighbour.received()).toMatch(PROOFS_ONLY)
  expect(neighbour.received()).not.toContain(address.started.path)
  expect(neighbour.received()).not.toContain(address.connected.path)
  const client = createStoreClient({ engine, purpose: 'ingest' })
  expect(await client.select('SELECT 1 AS n')).toEqual([{ n: 1 }])
  await client.close()
  await engine.stop()
})

it('acknowledges no event that a neighbour on the port of a dead engine receives', async () => {
  const collector = await startCollector(readConfig({ PORT: '0', DATA_DIR: folder, LOG_LEVEL: 'silent' }))
  const { trackingCode } = await collector.control.addSite({
    domain: 'example.com',
    name: 'Example',
    allowedDomains: [],
  })
  const post = async (event = makeEvent()) => {
    const { status } = await fetch(`${collector.url}/e/${trackingCode}`, {
      method: 'POST',
      body: JSON.stringify(event),
      headers: { 'content-type': 'text/plain' },
    })
    return { status, id: event.event_id }
  }
  expect(await post()).toMatchObject({ status: 200 })
  const before = (await readEngineAddress(join(folder, 'engine')))!
  const { pid, port } = findEngineProcess()!
  expect(port).toBe(before.port)

  process.kill(pid, 'SIGKILL')
  const taken = takePort(port)
  const sent = await Promise.all(Array.from({ length: 40 }, () => post()))
  const neighbour = await taken
  expect(neighbour.received()).toMatch(PROOFS_ONLY)
  expect(sent.map(({ status }) => status)).toEqual(sent.map(() => 200))

  const after = (await readEngineAddress(join(folder, 'engine')))!
  const client = createStoreClient({ engine: { locate: () => after }, purpose: 'ingest' })
  const stored = await client.select<{ event_id: string }>('SELECT event_id FROM events')
  const ids = stored.map(({ event_id }) => event_id)
  expect(ids).toHaveLength(41)
  expect(ids).toEqual(expect.arrayContaining(sent.map(({ id }) => id)))
  await client.close()
  await collector.close()
}, 40_000)

it('sends a neighbour neither password nor rows, even before the death of the engine is noticed', async () => {
  const engine = await start()
  const address = engine.locate()!
  // Does not notice the death, like a command that runs beside the collector.
  const client = createStoreClient({ engine: { locate: () => address }, purpose: 'ingest' })
  expect(await client.select('SELECT 1 AS n')).toEqual([{ n: 1 }])
  const next = async (known: EngineAddress) => {
    process.kill(findEngineProcess()!.pid, 'SIGKILL')
    return waitForAddress(engine, known)
  }

  // Answers with whatever it could know: the text of the request, which contains the path.
  process.kill(findEngineProcess()!.pid, 'SIGKILL')
  const neighbour = await takePort(address.port, (request) => /GET \/(\w+)/.exec(request)?.[1] ?? 'Ok.\n')
  const insert = () =>
    client.insert({ table: 'events', columns: ['site_id'], rows: Buffer.from('\x06secret'), batchId: 'b' })
  // Finds the connection to the dead engine closed.
  await expect(insert()).rejects.toThrow()
  for (let attempt = 0; attempt < 5; attempt++) {
    await expect(insert()).rejects.toThrow(/another process listens on port/)
    await expect(client.select('SELECT 1')).rejects.toThrow()
    expect(await client.ping()).toBe(false)
  }
  expect(neighbour.connections()).toBeGreaterThanOrEqual(15)
  expect(neighbour.received()).toMatch(PROOFS_ONLY)

  // What it learned is worth nothing: the next process has a new port and new secrets.
  const second = await waitForAddress(engine, address)
  const third = await next(second)
  const secrets = [address, second, third].flatMap(({ port, passwords, started, connected }) => [
    port,
    ...Object.values(passwords),
    started.path,
    started.answer,
    connected.path,
    connected.answer,
  ])
  expect(new Set(secrets).size).toBe(secrets.length)
  for (const old of [address, second]) {
    const answer = await fetch(`http://127.0.0.1:${third.port}${old.connected.path}`)
    expect(answer.status).toBe(404)
  }
  await client.close()
  await engine.stop()
}, 40_000)

it('rejects a listener that answers wrongly or endlessly, says nothing, or closes the connection', async () => {
  const proof = { path: '/a', answer: 'b'.repeat(48) }
  const answers: Record<string, (request: string) => string> = {
    wrong: () => 'c'.repeat(48),
    longer: () => 'b'.repeat(49),
    several: () => `${'c'.repeat(48)}\r\n0\r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\n\r\n30\r\n${'b'.repeat(48)}`,
    endless: () => 'x'.repeat(10_000),
  }
  for (const [name, answer] of Object.entries(answers)) {
    const { port } = await createEngineAddress()
    await takePort(port, answer)
    await expect(openProvedConnection(port, proof, 500), name).rejects.toThrow(/another process listens/)
  }
  for (const [treat, message] of [
    [() => {}, /did not answer/],
    [(socket: Socket) => socket.end(), /closed the connection|ECONNRESET|EPIPE/],
  ] as const) {
    const server = createServer(treat).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    await expect(openProvedConnection(port, proof, 500)).rejects.toThrow(message)
    server.close()
  }
})
