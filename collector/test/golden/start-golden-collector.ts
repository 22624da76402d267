import { randomUUID } from 'node:crypto'
import { createApiKey, type Site } from '@zenovay/collector'
import { expect } from 'vitest'
import { createClickhouseEventStore } from '../../src/stores/clickhouse/event-store.js'
import { addGoal } from '../support/add-goal.js'
import { startTestCollector, type TestCollector } from '../support/start-test-collector.js'
import { createRandom } from './create-random.js'
import { HOUR_MS, NOW, TIME_ZONES } from './golden-month.js'
import { planPosts, type Post } from './plan-posts.js'
import { PLANNED_GOALS } from './true-goals.js'
import { groupBy } from './true-sums.js'
import { toEventRows } from './to-event-row.js'
import type { PlannedVisit } from './visit-plan.js'

const ROWS_AT_ONCE = 5_000
// An account may send 120 requests a minute at most; the tests need more.
const REQUESTS_OF_A_MINUTE = 100
const COUNTRY_HEADER = 'x-country'

export interface GoldenCollector {
  collector: TestCollector
  /** One site per time zone, all with the same visits. The last one receives part of them over HTTP. */
  sites: Map<string, Site>
  /** The requests sent over HTTP. */
  posts: readonly Post[]
  /** Queries the External API with a key of all sites. */
  ask(path: string, headers?: Record<string, string>): Promise<Response>
  close(): Promise<void>
}

/**
 * A collector whose clock shows the end of the month, with the planned visits in one site per time zone. The
 * last site receives them over HTTP, by its own clock, with repeats and delayed events; the other sites get
 * them as rows in the store.
 */
export async function startGoldenCollector(
  visits: readonly PlannedVisit[],
  seed: number,
  timeZones: readonly string[] = TIME_ZONES,
): Promise<GoldenCollector> {
  const random = createRandom(seed)
  const posts = planPosts(
    visits.filter(({ delivery }) => delivery === 'http'),
    random,
  )
  let now = posts[0]!.at
  // Each request has its own address, because they all arrive within the seconds of this test.
  let senders = 0
  const collector = await startTestCollector(
    { TRUSTED_PROXIES: '127.0.0.1', COUNTRY_HEADER },
    { now: () => now },
  )
  const { control } = collector.collector
  const sites = new Map<string, Site>()
  for (const timeZone of timeZones)
    sites.set(
      timeZone,
      await control.addSite({ domain: 'example.com', name: timeZone, allowedDomains: [], timeZone }),
    )

  const posted = sites.get(timeZones.at(-1)!)!
  const store = await createClickhouseEventStore({ url: collector.engine.url })
  const rows = [...sites.values()].flatMap((site) =>
    visits
      .filter(({ delivery }) => site !== posted || delivery === 'store')
      .flatMap((visit) => toEventRows(visit, site.id, random.chance(0.1) ? random.whole(0, HOUR_MS) : 0)),
  )
  for (let first = 0; first < rows.length; first += ROWS_AT_ONCE)
    await store.insertEvents(rows.slice(first, first + ROWS_AT_ONCE), randomUUID())
  await store.close()
  for (const moment of groupBy(posts, ({ at }) => String(at)).values()) {
    now = moment[0]!.at
    await Promise.all(
      moment.map((post) =>
        sendPost(collector, posted, { post, ip: `10.0.${senders >> 8}.${senders++ & 255}` }),
      ),
    )
  }
  now = NOW

  const { secret, record } = createApiKey({ name: 'golden', siteId: null }, NOW)
  await control.addApiKey(record)
  for (const site of sites.values())
    for (const goal of PLANNED_GOALS)
      await addGoal(collector, site, { name: goal.name, ...goal.rule, value: goal.value })
  let asked = 0
  return {
    collector,
    sites,
    posts,
    ask(path, headers = {}) {
      if (++asked % REQUESTS_OF_A_MINUTE === 0) collector.passMinute()
      return collector.get(`/api/external/v1${path}`, { 'x-api-key': secret, ...headers })
    },
    close: () => collector.close(),
  }
}

async function sendPost(
  collector: TestCollector,
  site: Site,
  { post, ip }: { post: Post; ip: string },
): Promise<void> {
  const headers = { 'x-forwarded-for': ip, ...(post.country && { [COUNTRY_HEADER]: post.country }) }
  const answer = await collector.post(post.events.length === 1 ? post.events[0] : post.events, {
    code: site.trackingCode,
    headers,
  })
  expect(answer.status, await answer.clone().text()).toBe(200)
  if (post.events.length > 1) expect(await answer.json()).toMatchObject({ accepted: post.events.length })
}
