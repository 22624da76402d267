import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import { afterEach, describe, expect, it } from 'vitest'
import type { Site } from '../../../src/control/sites.js'
import { ApiError } from '../../../src/errors.js'
import type { FeedEvent, FeedPosition } from '../../../src/ingest/event-store.js'
import { comparePositions, START } from '../../../src/reports/realtime/feed-cursor.js'
import {
  createStreamHub,
  type StreamHub,
  type StreamHubServices,
} from '../../../src/reports/realtime/stream-hub.js'
import { readStream, type StreamReader } from '../../support/read-stream.js'

const SITE = { id: 'ws_1' } as Site
const FAST = {
  gatherMs: 1,
  eventsMs: 5,
  liveMs: 5,
  summaryMs: 5,
  liveAgainMs: 40,
  heartbeatMs: 20,
  checkMs: 20,
  drainMs: 300,
}

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0).reverse()) close()
})

/** An event that becomes visible in the order of the list. */
function makeEvent(block: number, text = ''): FeedEvent {
  const texts = {
    eventType: 'pageview',
    eventName: '',
    visitorId: 'v',
    origin: '',
    path: '/',
    referrer: '',
    source: '',
    channel: '',
    country: '',
    deviceType: '',
    browser: '',
    os: '',
  }
  return {
    ...texts,
    block,
    receivedAt: 1_000 + block,
    hash: block,
    eventId: `event-${block}`,
    title: text,
    properties: '{}',
    occurredAt: 1_000,
  }
}

const lastBlocks = (events: FeedEvent[]) => new Map([[SITE.id, events.at(-1)?.block ?? 0]])

/** A hub whose server answers every request with a stream, over the events of a list. */
async function serve(events: FeedEvent[], services: Partial<StreamHubServices> = {}) {
  let questions = 0
  const state = { isAllowed: true }
  const hub: StreamHub = createStreamHub({
    store: {
      lastPosition: async () => events.at(-1),
      lastBlocks: async () => {
        questions++
        return lastBlocks(events)
      },
      eventsSince: async (_siteId, { after, limit }) => {
        questions++
        const page = events.filter((event) => comparePositions(event, after) > 0).slice(0, limit)
        return { events: page, end: page.at(-1) ?? after, isMore: page.length === limit }
      },
    },
    countLive: async () => 7,
    querySummary: async () => ({ total_visitors: 7 }),
    now: Date.now,
    intervals: FAST,
    ...services,
  })
  const cursors: (FeedPosition | undefined)[] = []
  const outputs: ServerResponse[] = []
  const server = createServer((_request, response) => {
    outputs.push(response)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    hub
      .open({ site: SITE, keyId: 'key', cursor: cursors.shift(), isAllowed: async () => state.isAllowed })
      .then(
        (start) => start(response),
        (error: ApiError) => response.destroy(error),
      )
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  closing.push(() => (hub.close(), server.close(), server.closeAllConnections()))
  return {
    hub,
    state,
    outputs,
    url,
    questions: () => questions,
    async open(cursor?: FeedPosition): Promise<StreamReader> {
      cursors.push(cursor)
      const stream = await readStream(url, {})
      closing.push(() => stream.cut())
      return stream
    },
  }
}

const idsOf = (stream: StreamReader) => stream.dataOf<{ id: string }>('hit').map(({ id }) => id)
const namesOf = (events: FeedEvent[]) => events.map(({ eventId }) => eventId)

describe('the messages of a stream', () => {
  it('sends changed metrics, repeated live counts and keep-alive messages to a reader', async () => {
    let visitors = 1
    const { open } = await serve([], { querySummary: async () => ({ total_visitors: visitors }) })
    const stream = await open()
    await expect.poll(() => stream.dataOf('live').length).toBeGreaterThan(3)
    expect(stream.dataOf('analytics')).toEqual([{ total_visitors: 1 }])
    visitors = 2
    await expect
      .poll(() => stream.dataOf('analytics'))
      .toEqual([{ total_visitors: 1 }, { total_visitors: 2 }])
    await expect.poll(() => stream.comments()).toBeGreaterThan(1)
  })

  it('continues a stream at the same position when the store is available again', async () => {
    const events: FeedEvent[] = []
    let isAway = false
    const unavailable = new ApiError('STORE_UNAVAILABLE')
    const { open } = await serve(events, {
      store: {
        lastPosition: async () => undefined,
        lastBlocks: async () => lastBlocks(events),
        eventsSince: async (_siteId, { after, limit }) => {
          if (isAway) throw unavailable
          const page = events.filter((event) => comparePositions(event, after) > 0).slice(0, limit)
          return { events: page, end: page.at(-1) ?? after, isMore: false }
        },
      },
      countLive: () => (isAway ? Promise.reject(unavailable) : Promise.resolve(7)),
    })
    const stream = await open()
    await expect.poll(() => stream.dataOf('live').length).toBeGreaterThan(0)
    isAway = true
    events.push(makeEvent(1), makeEvent(2))
    const before = stream.comments()
    await expect.poll(() => stream.comments()).toBeGreaterThan(before + 1)
    isAway = false
    await expect.poll(() => idsOf(stream)).toEqual(['event-1', 'event-2'])
  })

  it('omits event properties that cannot be parsed, and sends the later events', async () => {
    const { open } = await serve([{ ...makeEvent(1), properties: '{"a":' }, makeEvent(2)])
    const stream = await open(START)
    await expect
      .poll(() => stream.dataOf('hit'))
      .toMatchObject([{ id: 'event-1', properties: {} }, { id: 'event-2' }])
  })

  it('reads the events of a stream with one query for all readers', async () => {
    const { hub, open, questions } = await serve([], { intervals: { ...FAST, eventsMs: 60 * 60 * 1000 } })
    const streams = await Promise.all(Array.from({ length: 15 }, () => open()))
    await expect.poll(() => streams.every((stream) => stream.dataOf('live').length > 1)).toBe(true)
    // One query of the feed, and one per stream to catch up.
    expect(questions()).toBe(1 + streams.length)
    expect(hub.size()).toBe(streams.length)
    for (const stream of streams) stream.cut()
    await expect.poll(() => hub.size()).toBe(0)
  })

  it('runs no query after the last reader has disconnected', async () => {
    const { hub, open, questions } = await serve([])
    const stream = await open()
    await expect.poll(questions).toBeGreaterThan(5)
    stream.cut()
    await expect.poll(() => hub.size()).toBe(0)
    let last = -1
    await expect.poll(() => last === (last = questions()), { interval: 50 }).toBe(true)
  })
})

describe('a reader', () => {
  it('sends each remaining event once and in order after a reader reconnects', async () => {
    const events = Array.from({ length: 1_700 }, (_, index) => makeEvent(index + 1))
    const { open } = await serve(events)
    const stream = await open(events[199])
    const timer = setInterval(() => events.push(makeEvent(events.length + 1)), 1)
    closing.push(() => clearInterval(timer))
    await expect.poll(() => idsOf(stream).length, { timeout: 20_000 }).toBeGreaterThan(1_600)
    clearInterval(timer)
    await expect.poll(() => idsOf(stream).length).toBe(events.length - 200)
    expect(idsOf(stream)).toEqual(namesOf(events.slice(200)))
  })

  it('sends every event to a slow reader without using much memory', async () => {
    const events: FeedEvent[] = [makeEvent(1)]
    const { url, outputs, open } = await serve(events, { intervals: { ...FAST, drainMs: 20_000 } })
    const slow = await openRaw(url)
    slow.pause()
    const quick = await open()
    await expect.poll(() => quick.dataOf('live').length).toBeGreaterThan(0)
    const text = 'x'.repeat(20_000)
    for (let block = 2; block <= 1_500; block++) events.push(makeEvent(block, text))
    await expect.poll(() => idsOf(quick).length, { timeout: 30_000 }).toBe(1_499)
    expect(outputs[0]!.writableLength).toBeGreaterThan(0)
    expect(outputs[0]!.writableLength).toBeLessThan(512 * 1024)
    const received = await readAll(slow, 1_499)
    expect(received).toEqual(namesOf(events.slice(1)))
  }, 60_000)

  it('disconnects a reader that stops reading', async () => {
    const events: FeedEvent[] = [makeEvent(1)]
    const { url, outputs } = await serve(events)
    const stuck = await openRaw(url)
    stuck.pause()
    const text = 'x'.repeat(20_000)
    for (let block = 2; block <= 1_500; block++) events.push(makeEvent(block, text))
    await expect.poll(() => outputs[0]!.destroyed, { timeout: 10_000 }).toBe(true)
  })

  it('disconnects a reader when its API key is revoked', async () => {
    const { state, open } = await serve([])
    const stream = await open()
    await expect.poll(() => stream.dataOf('live').length).toBeGreaterThan(0)
    expect(stream.isEnded()).toBe(false)
    state.isAllowed = false
    await expect.poll(() => stream.isEnded()).toBe(true)
  })
})

it('opens at most 20 streams of a key and 100 of an account, and leaves the others to other accounts', async () => {
  const { hub } = await serve([])
  const open = (accountId: string, keyId: string) =>
    hub
      .open({
        site: { id: `ws_${accountId}`, accountId } as Site,
        keyId,
        cursor: undefined,
        isAllowed: async () => true,
      })
      .then(
        () => 'open',
        ({ code }: ApiError) => code,
      )
  const results = []
  for (let count = 0; count < 21; count++) results.push(await open('one', 'key-0'))
  for (let count = 20; count < 101; count++) results.push(await open('one', `key-${Math.floor(count / 20)}`))
  expect(results).toEqual([
    ...Array<string>(20).fill('open'),
    'RATE_LIMIT_EXCEEDED',
    ...Array<string>(80).fill('open'),
    'RATE_LIMIT_EXCEEDED',
  ])
  expect(await open('two', 'key-of-two')).toBe('open')
})

it('reads pages for readers that catch up a few at a time, and one for each account', async () => {
  const events = Array.from({ length: 3 }, (_, index) => makeEvent(index + 1))
  const reading = new Map<string, number>()
  let [most, mostOfOne] = [0, 0]
  const page = async (siteId: string) => {
    reading.set(siteId, (reading.get(siteId) ?? 0) + 1)
    most = Math.max(
      most,
      [...reading.values()].reduce((sum, count) => sum + count),
    )
    mostOfOne = Math.max(mostOfOne, reading.get(siteId)!)
    await new Promise((resolve) => setTimeout(resolve, 5))
    reading.set(siteId, reading.get(siteId)! - 1)
    return { events, end: events.at(-1)!, isMore: false }
  }
  const hub = createStreamHub({
    store: {
      lastPosition: async () => events.at(-1),
      lastBlocks: async () => lastBlocks(events),
      eventsSince: page,
    },
    countLive: async () => 0,
    querySummary: async () => ({}),
    now: Date.now,
    // The feeds themselves read only once, before the readers come.
    intervals: { ...FAST, eventsMs: 60_000 },
  })
  closing.push(() => hub.close())
  const sites = Array.from(
    { length: 8 },
    (_, index) => ({ id: `ws_${index}`, accountId: `acc_${index}` }) as Site,
  )
  const open = (site: Site) =>
    hub.open({
      site,
      keyId: site.id,
      cursor: { block: 0, receivedAt: 0, hash: 0 },
      isAllowed: async () => true,
    })
  const starts = await Promise.all(sites.flatMap((site) => [open(site), open(site), open(site)]))
  await new Promise((resolve) => setTimeout(resolve, 50))
  ;[most, mostOfOne] = [0, 0]
  const texts = starts.map((start) => {
    const read = { text: '' }
    const output = new PassThrough().on('data', (chunk: Buffer) => (read.text += chunk.toString()))
    start(output as unknown as ServerResponse)
    return read
  })
  await expect.poll(() => texts.every(({ text }) => text.includes('event-3'))).toBe(true)
  expect([most, mostOfOne]).toEqual([4, 1])
})

it('looks for events of a hundred sites with one query, and reads those of the sites that have some', async () => {
  const blocks = new Map<string, number>()
  const [asked, read]: [string[][], string[]] = [[], []]
  const hub = createStreamHub({
    store: {
      lastPosition: async () => undefined,
      lastBlocks: async (siteIds) => {
        asked.push(siteIds)
        return blocks
      },
      eventsSince: async (siteId, { after }) => {
        read.push(siteId)
        return { events: [], end: { ...after, block: blocks.get(siteId) ?? 0 }, isMore: false }
      },
    },
    countLive: async () => 0,
    querySummary: async () => ({}),
    now: Date.now,
    intervals: { ...FAST, gatherMs: 50 },
  })
  closing.push(() => hub.close())
  const open = async (_: unknown, index: number) => {
    const site = { id: `ws_${index}`, accountId: `acc_${index}` } as Site
    const start = await hub.open({ site, keyId: site.id, cursor: undefined, isAllowed: async () => true })
    start(new PassThrough().resume() as unknown as ServerResponse)
  }
  await Promise.all(Array.from({ length: 100 }, open))
  await expect.poll(() => asked.filter((siteIds) => siteIds.length === 100).length).toBeGreaterThan(2)
  read.length = 0
  blocks.set('ws_7', 1)
  await expect.poll(() => read).toEqual(['ws_7'])
})

it('ends all streams and opens no new ones when the hub closes', async () => {
  const { hub, open } = await serve([])
  const streams = await Promise.all([open(), open()])
  await expect.poll(() => streams.every((stream) => stream.dataOf('live').length > 0)).toBe(true)
  hub.close()
  await expect.poll(() => streams.every((stream) => stream.isEnded())).toBe(true)
  await expect(
    hub.open({ site: SITE, keyId: 'key', cursor: undefined, isAllowed: async () => true }),
  ).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
})

async function openRaw(url: string): Promise<IncomingMessage> {
  const call = request(url).end()
  const [answer] = (await once(call, 'response')) as [IncomingMessage]
  closing.push(() => answer.destroy())
  return answer
}

/** The ids of the next `count` events. */
async function readAll(answer: IncomingMessage, count: number): Promise<string[]> {
  let text = ''
  const ids: string[] = []
  for await (const chunk of answer.setEncoding('utf8')) {
    const blocks = (text + chunk).split('\n\n')
    text = blocks.pop()!
    for (const block of blocks) ids.push(...(/"id":"(event-\d+)"/.exec(block)?.slice(1) ?? []))
    if (ids.length >= count) break
  }
  return ids
}
