import { createApiKey } from '@zenovay/collector'
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { readMail, type ReadMail } from '../support/read-mail.js'
import { type MailServer, startMailServer } from '../support/start-mail-server.js'
import { startTestCollector, type TestCollector } from '../support/start-test-collector.js'

interface AlertJson {
  id: string
  destinations: { address: string; status: string }[]
  notices: { event: string; state: string; error: string | null }[]
  queued: number
}

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
// A proxy serves the collector below a path.
const PUBLIC_URL = 'https://stats.example.com/counting'
const NAME = 'WIN at https://evil.example now'

let now = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS
let mails: MailServer
let collector: TestCollector
let adminKey: string

beforeAll(async () => {
  mails = await startMailServer()
  collector = await startTestCollector(
    { SMTP_URL: mails.url, MAIL_FROM: 'alerts@example.com', PUBLIC_URL: `${PUBLIC_URL}/` },
    { now: () => now },
  )
  const { secret, record } = createApiKey({ name: 'admin', siteId: null, scope: 'admin' }, now)
  await collector.collector.control.addApiKey(record)
  await collector.collector.control.updateSite(collector.site.id, { name: NAME, domain: 'evil.example' })
  adminKey = secret
})
afterAll(async () => {
  await collector.close()
  await mails.close()
})
beforeEach(() => {
  now += DAY_MS
  mails.received.length = 0
})

async function ask(method: string, path: string, body?: unknown) {
  const answer = await fetch(collector.url + path, {
    method,
    headers: {
      authorization: `Bearer ${adminKey}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  return { status: answer.status, data: ((await answer.json()) as { data: AlertJson }).data }
}
const addAlert = async (address: string) =>
  (
    await ask('POST', '/api/alerts', {
      site_id: collector.site.id,
      name: NAME,
      metric: 'uptime',
      destinations: [{ type: 'email', address }],
    })
  ).data
const statusOf = async (id: string) =>
  (await ask('GET', `/api/alerts/${id}`)).data.destinations.map(({ status }) => status).join()

/** Opens a link of a mail, at the collector behind the proxy. */
const open = (link: string, init?: RequestInit) => fetch(link.replace(PUBLIC_URL, collector.url), init)
const press = (link: string) => open(link, { method: 'POST', body: new URLSearchParams() })
/** What a mail program does for its button (RFC 8058). */
const unsubscribeByHeader = ({ headers }: ReadMail) => {
  expect(headers).toContain('List-Unsubscribe-Post: List-Unsubscribe=One-Click')
  const [, link] = /^List-Unsubscribe: <(.+)>$/m.exec(headers.join('\n'))!
  const body = new FormData()
  body.append('List-Unsubscribe', 'One-Click')
  return open(link!, { method: 'POST', body })
}
const waitForMails = async (count: number) => {
  await vi.waitFor(() => expect(mails.received).toHaveLength(count), { timeout: 10_000 })
  return mails.received.map(readMail)
}
/** Sends a test, and resolves to the error of its notification. */
async function fire(id: string) {
  now += MINUTE_MS
  expect((await ask('POST', `/api/alerts/${id}/test`)).status).toBe(200)
  return vi.waitFor(
    async () => {
      const [notice] = (await ask('GET', `/api/alerts/${id}`)).data.notices.filter(
        ({ event }) => event !== 'confirmation',
      )
      expect(notice!.state).toMatch(/^(done|failed)$/)
      return notice!.error
    },
    { timeout: 10_000 },
  )
}

it('sends alerts to an address from its confirmation until it unsubscribes', async () => {
  const { id, destinations } = await addAlert('Ops@Example.com')
  expect(destinations).toEqual([{ type: 'email', address: 'Ops@Example.com', status: 'pending' }])
  const [asking] = await waitForMails(1)
  expect(asking!.to).toBe('<Ops@example.com>')
  const confirmLink = asking!.linkTo('/mail/confirm')

  // Scanners open links, but press no buttons.
  for (let scan = 0; scan < 2; scan++) expect((await open(confirmLink)).status).toBe(200)
  expect(await fire(id)).toMatch(/^not sent: the address has not confirmed yet; open the link in .+ of 20/)
  expect(await statusOf(id)).toBe('pending')
  expect(mails.received).toHaveLength(1)

  expect((await press(confirmLink)).status).toBe(200)
  expect(await statusOf(id)).toBe('confirmed')
  for (const request of [press, open]) expect((await request(confirmLink)).status).toBe(410)
  expect(await fire(id)).toBeNull()
  const [, alert] = await waitForMails(2)
  expect(alert!.headers).toContain(`Subject: Alert: Test: ${NAME}`)

  const unsubscribeLink = alert!.linkTo('/mail/unsubscribe')
  expect((await open(unsubscribeLink)).status).toBe(200)
  expect(await statusOf(id)).toBe('confirmed')
  expect((await unsubscribeByHeader(alert!)).status).toBe(200)
  expect(await statusOf(id)).toBe('unsubscribed')
  expect(await fire(id)).toMatch(/^not sent: the address unsubscribed/)

  // Neither the account nor the old link can resume mail, not even for another alert.
  expect((await ask('POST', `/api/alerts/${id}/confirmations`)).data.queued).toBe(0)
  expect((await press(confirmLink)).status).toBe(410)
  expect((await addAlert('ops@example.COM')).destinations[0]!.status).toBe('unsubscribed')
  await collector.restart()
  expect(await fire(id)).toMatch(/^not sent: the address unsubscribed/)
  expect(mails.received).toHaveLength(2)

  const page = await (await press(unsubscribeLink)).text()
  const [, action] = /action="([^"]+)"/.exec(page)!
  expect((await press(new URL(action!, unsubscribeLink).href)).status).toBe(200)
  expect(await statusOf(id)).toBe('confirmed')
  expect(await fire(id)).toBeNull()
  await waitForMails(3)
})

it('writes no text of an account into a confirmation mail', async () => {
  await addAlert('stranger@example.org')
  const [mail] = await waitForMails(1)
  const whole = [...mail!.headers, mail!.text].join('\n')
  expect(whole).not.toContain('evil')
  expect(whole).not.toContain('WIN')
  expect(mail!.headers).toContain('Subject: Confirm your address for alerts from stats.example.com')
  for (const link of mail!.text.match(/https?:\S+/g)!)
    expect(link.startsWith(`${PUBLIC_URL}/mail/`)).toBe(true)
})

it('stops requests to confirm after the unsubscribe link of a confirmation mail', async () => {
  const { id } = await addAlert('never@example.org')
  const [mail] = await waitForMails(1)
  expect((await unsubscribeByHeader(mail!)).status).toBe(200)
  expect((await ask('POST', `/api/alerts/${id}/confirmations`)).data).toMatchObject({
    queued: 0,
    destinations: [{ status: 'unsubscribed' }],
  })
  expect(mails.received).toHaveLength(1)
})

it('replaces the link when the confirmation is sent again, and ends it after seven days', async () => {
  const { id } = await addAlert('slow@example.org')
  await waitForMails(1)
  now += DAY_MS
  expect((await ask('POST', `/api/alerts/${id}/confirmations`)).data).toMatchObject({
    queued: 1,
    destinations: [{ address: 'slow@example.org', status: 'pending' }],
  })
  const [first, second] = await waitForMails(2)
  expect((await press(first!.linkTo('/mail/confirm'))).status).toBe(404)
  now += 7 * DAY_MS
  expect((await press(second!.linkTo('/mail/confirm'))).status).toBe(410)
  expect(await fire(id)).toMatch(/^not sent: the address has not confirmed yet/)
  expect(mails.received).toHaveLength(2)
  await ask('POST', `/api/alerts/${id}/confirmations`)
  const [, , third] = await waitForMails(3)
  expect((await press(third!.linkTo('/mail/confirm'))).status).toBe(200)
  expect(await statusOf(id)).toBe('confirmed')
})

it('sends a confirmation mail again after the mail server refused it temporarily, with the same link', async () => {
  mails.refusals = ['451 later']
  const { id } = await addAlert('busy@example.org')
  const [mail] = await waitForMails(1)
  expect((await press(mail!.linkTo('/mail/confirm'))).status).toBe(200)
  expect(await statusOf(id)).toBe('confirmed')
})
