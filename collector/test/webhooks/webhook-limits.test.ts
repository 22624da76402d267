import Database from 'libsql'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { OpenWebhooks } from '../support/open-webhooks.js'
import { closeWebhooksInFakeTime, openWebhooksInFakeTime } from '../support/open-webhooks-in-fake-time.js'

let opened: OpenWebhooks

describe('limits measured by a monotonic clock', () => {
  beforeEach(async () => void (opened = await openWebhooksInFakeTime()))
  afterEach(() => closeWebhooksInFakeTime(opened))
  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

  it('sends at most a hundred requests per host and second', async () => {
    for (let count = 0; count < 10; count++)
      await opened.add(`/${count}`, { url: `https://victim.example/${count}` })
    for (let second = 0; second < 2; second++) {
      await opened.put(20)
      await pass(1_000)
    }
    const times = opened.sent.map(({ startedAt }) => startedAt)
    const most = Math.max(
      ...times.map((from) => times.filter((at) => at >= from && at < from + 1_000).length),
    )
    expect(most).toBeLessThanOrEqual(100)
    expect(times.length).toBeGreaterThan(150)
  })

  it('allows four concurrent attempts per endpoint, eight per host and sixty-four in total', async () => {
    const underWay = new Map<string, number>()
    const most = new Map<string, number>()
    const watch = (name: string, change: number) => {
      const count = (underWay.get(name) ?? 0) + change
      underWay.set(name, count)
      most.set(name, Math.max(most.get(name) ?? 0, count))
    }
    const slow = async ({ webhook }: { webhook: { id: string; url: string } }) => {
      const names = [webhook.id, new URL(webhook.url).hostname, 'all']
      for (const name of names) watch(name, 1)
      await new Promise((resolve) => setTimeout(resolve, 900))
      for (const name of names) watch(name, -1)
      return 200
    }
    const another = await opened.addSite()
    for (let count = 0; count < 10; count++) {
      await opened.add('/', { url: `https://shared.example/${count}` })
      await opened.add(`/wide-${count}`, { siteId: null })
      await opened.add(`/other-${count}`, { siteId: another.id })
      for (const path of [`/${count}`, `/wide-${count}`, `/other-${count}`]) opened.answers[path] = slow
    }
    await opened.put(20)
    await pass(2_000)
    expect([most.get('shared.example'), most.get('all')]).toEqual([8, 48])
    await opened.put(20, { siteId: another.id })
    await pass(4_000)
    expect(Math.max(...[...most].filter(([name]) => name.startsWith('wh_')).map(([, count]) => count))).toBe(
      4,
    )
    expect(most.get('all')).toBe(64)
  })

  it('reserves half of all attempts for endpoints that respond', async () => {
    const another = await opened.addSite()
    const hang = () => new Promise<number>((resolve) => setTimeout(() => resolve(503), 5_000))
    for (let count = 0; count < 10; count++) {
      await opened.add(`/tar-${count}`)
      await opened.add(`/pit-${count}`, { siteId: another.id })
      opened.answers[`/tar-${count}`] = opened.answers[`/pit-${count}`] = hang
    }
    for (const siteId of [opened.site.id, another.id]) await opened.put(30, { siteId })
    await pass(1_000)
    expect(opened.webhooks.inFlight()).toBe(64)
    // After the first five seconds some are known to hang, after ten all are.
    await pass(11_000)
    expect(opened.webhooks.inFlight()).toBe(32)
    const good = await opened.add('/good', { siteId: null, events: ['goal'] })
    await opened.put(1, { name: 'goal' })
    await pass(50)
    expect(opened.sent.at(-1)!.webhook.id).toBe(good.id)
  })

  it('drops deliveries beyond the backlog limit, and logs their number', async () => {
    opened.answers['/a'] = () => new Promise(() => {})
    const webhook = await opened.add('/a')
    const database = new Database(opened.file)
    database.exec('UPDATE webhooks SET backlog = 49999')
    database.close()
    await opened.put(10)
    await opened.put(10)
    expect(await opened.store.findWebhook(webhook.id)).toMatchObject({ backlog: 50_000 })
    expect(
      (await opened.logOf(webhook))
        .filter(({ kind }) => kind === 'dropped')
        .map(({ count, note }) => [count, note]),
    ).toEqual([[19, 'over 50000 deliveries wait']])
    expect(opened.metric('dropped')).toBe(19)
  })
})
