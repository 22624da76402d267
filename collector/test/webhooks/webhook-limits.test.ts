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

  it('limits concurrent attempts per endpoint, host and account, and in total', async () => {
    const underWay = new Map<string, number>()
    const most = new Map<string, number>()
    const watch = (name: string, change: number) => {
      const count = (underWay.get(name) ?? 0) + change
      underWay.set(name, count)
      most.set(name, Math.max(most.get(name) ?? 0, count))
    }
    const sites = [opened.site]
    while (sites.length < 5) sites.push(await opened.addSiteOfAnother())
    for (const [number, { id: siteId, accountId }] of sites.entries())
      for (let count = 0; count < 5; count++) {
        const fields = { siteId, accountId }
        const path = `/${number}-${count}`
        const shared = `/shared${path}`
        await opened.add(path, fields)
        await opened.add(shared, { ...fields, url: `https://shared.example${shared}` })
        opened.answers[path] = opened.answers[shared] = async ({ webhook }) => {
          const host = new URL(webhook.url).hostname
          const names = [webhook.id, host, `${accountId} at ${host}`, accountId, 'all']
          for (const name of names) watch(name, 1)
          await new Promise((resolve) => setTimeout(resolve, 900))
          for (const name of names) watch(name, -1)
          return 200
        }
      }
    for (const { id: siteId } of sites) await opened.put(5, { siteId })
    await pass(16_000)
    // One account alone.
    await opened.put(10)
    await pass(2_000)
    const mostOf = (pattern: RegExp) =>
      Math.max(...[...most].filter(([name]) => pattern.test(name)).map(([, count]) => count))
    expect({
      endpoint: mostOf(/^wh_/),
      host: most.get('shared.example'),
      accountAtHost: mostOf(/ at shared/),
      account: mostOf(/^acc_\w+$/),
      total: most.get('all'),
    }).toEqual({ endpoint: 4, host: 8, accountAtHost: 4, account: 16, total: 64 })
  })

  it('gives endpoints a quarter of their places before their first response, and half if they are slow', async () => {
    const hang = () => new Promise<number>((resolve) => setTimeout(() => resolve(503), 5_000))
    const sites = [opened.site]
    while (sites.length < 5) sites.push(await opened.addSiteOfAnother())
    for (const [number, { id: siteId, accountId }] of sites.entries())
      for (let count = 0; count < 4; count++) {
        await opened.add(`/pit-${number}-${count}`, { siteId, accountId })
        opened.answers[`/pit-${number}-${count}`] = hang
      }
    await opened.put(30)
    await pass(1_000)
    expect(opened.webhooks.inFlight()).toBe(4)
    // After the first five seconds some are known to hang, after ten all are.
    await pass(10_000)
    expect(opened.webhooks.inFlight()).toBe(8)
    for (const { id: siteId } of sites.slice(1)) await opened.put(30, { siteId })
    await pass(1_000)
    // Eight of the first account, which are known to hang, and four of each other account.
    expect(opened.webhooks.inFlight()).toBe(8 + 16)
    await pass(10_000)
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
