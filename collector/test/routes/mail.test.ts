import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ConfirmationNotification } from '../../src/alerts/alert-store.js'
import {
  MAX_ADDRESSES_OF_ACCOUNT,
  MAX_CONFIRMATIONS_OF_MAILBOX_PER_DAY,
  MAX_CONFIRMATIONS_PER_HOUR,
} from '../../src/alerts/recipients/limits.js'
import { createApiKey } from '../../src/control/keys/api-key.js'
import { createTestApp, type TestApp } from '../support/create-test-app.js'
import { searchFolder } from '../support/search-folder.js'

interface AlertJson {
  id: string
  destinations: { type: string; address?: string; status?: string }[]
  notices: { event: string; error: string | null }[]
  queued: number
}

const HOUR_MS = 60 * 60 * 1000
let now = Date.UTC(2026, 2, 29)
let test: TestApp
/** An account of its own for each test, so that their limits are separate. */
let account: { siteId: string; key: string }

beforeAll(async () => {
  test = await createTestApp({ now: () => now, hasMail: true })
})
afterAll(() => test.close())
beforeEach(async () => {
  now += 25 * HOUR_MS
  test.passMinute()
  await takeConfirmations()
  account = await addAccount()
})

async function addAccount() {
  const { id: accountId } = await test.control.addAccount({ name: 'Other', plan: 'free' })
  const { secret, record } = createApiKey({ name: 'admin', siteId: null, scope: 'admin', accountId }, now)
  await test.control.addApiKey(record)
  return { siteId: await addSite(accountId), key: secret, accountId }
}
const addSite = async (accountId: string) =>
  (await test.control.addSite({ domain: 'example.com', name: 'Example', allowedDomains: [], accountId })).id

async function ask(
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  path: string,
  body?: object,
  key = account.key,
) {
  const answer = await test.app.inject({
    method,
    url: `/api/alerts${path}`,
    headers: { authorization: `Bearer ${key}` },
    ...(body && { payload: body }),
  })
  const { data, error } = answer.json<{
    data: AlertJson
    error: { code: string; message: string; details: { reason: string }[] }
  }>()
  return { status: answer.statusCode, retryAfter: Number(answer.headers['retry-after']), data, error }
}
const email = (address: string) => ({ type: 'email', address })
const add = (addresses: string[], { siteId, key } = account) =>
  ask(
    'POST',
    '',
    { site_id: siteId, name: 'Down', metric: 'uptime', destinations: addresses.map(email) },
    key,
  )

/** Takes the queued confirmation mails, as their sender does. */
async function takeConfirmations() {
  const claimed = await test.alerts.claimNotifications({
    now,
    inFlight: new Map(),
    limitOfAccount: 1_000,
    leaseUntil: now + 1,
    limit: 1_000,
  })
  for (const { id } of claimed)
    await test.alerts.finishNotification(id, { isDone: true, at: now, error: null })
  return claimed.map((notification) => ({
    token: test.secretBox.open((notification as ConfirmationNotification).data.sealedToken),
    address: test.secretBox.open((notification.destination as { sealed: string }).sealed),
    notification,
  }))
}
const visit = (method: 'GET' | 'POST', page: string, token: string, body = 'List-Unsubscribe=One-Click') =>
  test.app.inject({
    method,
    url: `/mail/${page}/${token}`,
    ...(method === 'POST' && {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: body,
    }),
  })

describe('the limits of mail', () => {
  it('refuse 250 alerts to strangers after twenty confirmation mails', async () => {
    const statuses: number[] = []
    for (let count = 0; count < 250; count++) {
      // Removing the alert does not give its mail back.
      const { status, data } = await add([`stranger${count}@example.org`])
      statuses.push(status)
      if (count % 2 === 0 && status === 201) await ask('DELETE', `/${data.id}`)
      if (count % 50 === 0) test.passMinute()
    }
    expect(statuses.filter((status) => status === 201)).toHaveLength(MAX_CONFIRMATIONS_PER_HOUR)
    expect(new Set(statuses.slice(MAX_CONFIRMATIONS_PER_HOUR))).toEqual(new Set([429]))
    expect((await takeConfirmations()).length).toBeLessThanOrEqual(MAX_CONFIRMATIONS_PER_HOUR)

    const refused = await add(['one-more@example.org'])
    expect(refused).toMatchObject({ status: 429, error: { code: 'RATE_LIMIT_EXCEEDED' }, retryAfter: 3600 })
    expect(refused.error.message).toContain('20 confirmation mails an hour')
    expect((await ask('GET', '')).data).toHaveLength(MAX_CONFIRMATIONS_PER_HOUR / 2)
    // An address that was asked already needs no mail.
    expect((await add(['STRANGER1@example.org'])).status).toBe(201)
    now += refused.retryAfter * 1000
    expect((await add(['one-more@example.org'])).status).toBe(201)
  })

  it('count the confirmation mails of a mailbox over all accounts and tags', async () => {
    for (let count = 0; count < MAX_CONFIRMATIONS_OF_MAILBOX_PER_DAY; count++)
      expect((await add([`Victim+${count}@example.org`], await addAccount())).status).toBe(201)
    expect(await add(['victim@example.org'])).toMatchObject({ status: 429, retryAfter: 24 * 3600 })
    expect((await add(['other@example.org'])).status).toBe(201)
    now += 24 * HOUR_MS
    expect((await add(['victim@example.org'])).status).toBe(201)
  })

  it('refuse to send a confirmation again without end', async () => {
    const { id } = (await add(['ops@example.org'])).data
    for (let count = 1; count < MAX_CONFIRMATIONS_OF_MAILBOX_PER_DAY; count++)
      expect((await ask('POST', `/${id}/confirmations`)).data.queued).toBe(1)
    expect((await ask('POST', `/${id}/confirmations`)).status).toBe(429)
  })

  it('refuse more than a hundred addresses of an account, and count those that are named', async () => {
    let last = ''
    for (let count = 0; count < MAX_ADDRESSES_OF_ACCOUNT; count += 5) {
      now += HOUR_MS
      const five = Array.from({ length: 5 }, (_, index) => `ops${count + index}@example.org`)
      last = (await add(five)).data.id
    }
    now += HOUR_MS
    const refused = await add(['one-more@example.org'])
    expect([refused.status, refused.error.details.map(({ reason }) => reason)]).toEqual([
      400,
      [expect.stringContaining('more than 100 email addresses')],
    ])
    expect((await add(['ops1@example.org'])).status).toBe(201)
    await ask('DELETE', `/${last}`)
    expect((await add(['one-more@example.org'])).status).toBe(201)
  })
})

describe('an alert', () => {
  it('shows the status of each address, and accepts it back unchanged', async () => {
    const { id, destinations } = (await add(['a@example.org', 'b@example.org'])).data
    expect(destinations).toEqual([
      { type: 'email', address: 'a@example.org', status: 'pending' },
      { type: 'email', address: 'b@example.org', status: 'pending' },
    ])
    const [first] = (await takeConfirmations()).filter(({ address }) => address === 'a@example.org')
    await visit('POST', 'confirm', first!.token)
    expect(
      (await ask('PATCH', `/${id}`, { destinations })).data.destinations.map(({ status }) => status),
    ).toEqual(['confirmed', 'pending'])
    const { notices } = (await ask('GET', `/${id}`)).data
    expect(notices.map(({ event }) => event)).toEqual(['confirmation', 'confirmation'])
  })

  it('asks only addresses that were never asked when it changes', async () => {
    const { id } = (await add(['a@example.org'])).data
    expect(await takeConfirmations()).toHaveLength(1)
    await ask('PATCH', `/${id}`, { destinations: [email('A@example.org'), email('new@example.org')] })
    await ask('PATCH', `/${id}`, { name: 'Renamed' })
    expect((await takeConfirmations()).map(({ address }) => address)).toEqual(['new@example.org'])
  })

  it('gets no address confirmed by another account', async () => {
    await add(['shared@example.org'])
    const [mail] = await takeConfirmations()
    await visit('POST', 'confirm', mail!.token)
    const other = await add(['shared@example.org'], await addAccount())
    expect(other.data.destinations[0]!.status).toBe('pending')
  })

  it.each([
    'ops@example.org\r\nBcc: victim@example.org',
    'ops@example.org\n',
    'ops@example.org, victim@example.org',
    'Ops <ops@example.org>',
    '"a b"@example.org',
    'ops@example.org\u0000',
    'ops@exämple.org',
    'ops@example.org>\r\nRCPT TO:<victim@example.org',
  ])('rejects the address %j', async (address) => {
    expect((await add([address])).status).toBe(400)
  })
})

describe('a page that a mail links to', () => {
  const PAGES = [
    ['GET', 'confirm'],
    ['POST', 'confirm'],
    ['GET', 'unsubscribe'],
    ['POST', 'unsubscribe'],
    ['POST', 'resubscribe'],
  ] as const

  /** A confirmed recipient, with the tokens of its mails. */
  async function addRecipient() {
    const alert = (await add(['ops@example.org'])).data
    const [mail] = await takeConfirmations()
    await visit('POST', 'confirm', mail!.token)
    const admission = await test.recipients.admit(mail!.notification, 'ops@example.org')
    const { recipientId } = admission as { recipientId: string }
    return {
      alert,
      recipientId,
      confirm: mail!.token,
      unsubscribe: test.recipients.unsubscribeTokenOf(recipientId),
    }
  }
  const statusOf = async ({ id }: AlertJson) => (await ask('GET', `/${id}`)).data.destinations[0]!.status

  it('is unknown with a forged token', async () => {
    const { alert, recipientId, confirm, unsubscribe } = await addRecipient()
    const forged = [
      'x',
      recipientId,
      `${recipientId}.`,
      `${unsubscribe}x`,
      unsubscribe.slice(0, -2),
      `rcp_other.${unsubscribe.split('.')[1]}`,
      `${confirm}=`,
      confirm.toLowerCase(),
      '%00',
      "'%20OR%201=1",
      'a'.repeat(1_500),
    ]
    for (const [method, page] of PAGES) {
      test.passMinute()
      for (const token of forged) expect((await visit(method, page, token)).statusCode).toBe(404)
    }
    test.passMinute()
    for (const [method, page] of PAGES) {
      const answer = await visit(method, page, page === 'confirm' ? unsubscribe : confirm)
      expect(answer.statusCode).toBe(404)
    }
    expect(await statusOf(alert)).toBe('confirmed')
  })

  it('runs no script, is not cached, sends no referrer and repeats no text of its URL', async () => {
    const { confirm, unsubscribe } = await addRecipient()
    for (const [method, page] of PAGES)
      for (const token of [
        '%3Cscript%3Ealert(1)%3C%2Fscript%3E',
        page === 'confirm' ? confirm : unsubscribe,
      ]) {
        const { headers, body } = await visit(method, page, token)
        expect(headers).toMatchObject({
          'content-type': 'text/html; charset=utf-8',
          'cache-control': 'no-store',
          'referrer-policy': 'no-referrer',
          'x-content-type-options': 'nosniff',
        })
        expect(headers['content-security-policy']).toMatch(/^default-src 'none'; .*frame-ancestors 'none'/)
        expect(headers['access-control-allow-origin']).toBeUndefined()
        expect(body).not.toMatch(/<script|http/)
      }
  })

  it('changes nothing when it is only opened', async () => {
    const { alert, unsubscribe } = await addRecipient()
    expect((await visit('GET', 'unsubscribe', unsubscribe)).body).toContain('<form method="post"')
    expect(await statusOf(alert)).toBe('confirmed')
  })

  it('unsubscribes with any body, twice as well as once', async () => {
    const { alert, unsubscribe } = await addRecipient()
    for (const body of ['List-Unsubscribe=One-Click', ''])
      expect((await visit('POST', 'unsubscribe', unsubscribe, body)).statusCode).toBe(200)
    expect(await statusOf(alert)).toBe('unsubscribed')
  })

  it('leaves a resumed address pending if it never confirmed', async () => {
    const alert = (await add(['ops@example.org'])).data
    const [mail] = await takeConfirmations()
    const { recipient } = await test.recipients.findConfirmation(mail!.token)
    const token = test.recipients.unsubscribeTokenOf(recipient!.id)
    await visit('POST', 'unsubscribe', token)
    expect(await statusOf(alert)).toBe('unsubscribed')
    await visit('POST', 'resubscribe', token)
    expect(await statusOf(alert)).toBe('pending')
  })

  it('has tokens of which the control store holds hashes only', async () => {
    const { confirm, unsubscribe } = await addRecipient()
    expect(await searchFolder(test.folder, [confirm, unsubscribe, 'ops@example.org'])).toEqual([])
    expect(test.log.join('')).not.toMatch(/ops@example\.org/)
  })
})
