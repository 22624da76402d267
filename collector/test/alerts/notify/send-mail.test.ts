import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Notification } from '../../../src/alerts/alert-store.js'
import type { Alert } from '../../../src/alerts/alert.js'
import type { Mail } from '../../../src/alerts/notify/mail.js'
import { createSendMail, type SendMail } from '../../../src/alerts/notify/send-mail.js'
import type { SendResult } from '../../../src/alerts/notify/send-mail.js'
import { MAX_ALERT_MAILS_PER_HOUR } from '../../../src/alerts/recipients/limits.js'
import { createRecipients, type Recipients } from '../../../src/alerts/recipients/recipients.js'
import { createSecretBox } from '../../../src/control/secrets/secret-box.js'
import { storeUnavailable } from '../../../src/errors.js'
import { makeAlertFields } from '../../support/make-alert.js'
import { openTestControl, type TestControl } from '../../support/open-test-control.js'

const HOUR_MS = 60 * 60 * 1000
const ADDRESS = 'ops@example.org'
const box = createSecretBox(randomBytes(32))
const signal = new AbortController().signal

let now: number
let store: TestControl
let alert: Alert
let sent: Mail[]
let recipients: Recipients

beforeEach(async () => {
  now = Date.UTC(2026, 2, 29)
  sent = []
  store = await openTestControl()
  const site = await store.control.addSite({ domain: 'example.com', name: 'Example', allowedDomains: [] })
  // As an older release stored it: nobody was asked.
  const destinations = [{ type: 'email' as const, sealed: box.seal(ADDRESS) }]
  alert = (await store.alerts.addAlert(site.id, makeAlertFields({ destinations }), { actor: null, at: now }))!
  recipients = openRecipients([])
})
afterEach(() => store.close())

const openRecipients = (trusted: string[]) =>
  createRecipients({ store: store.recipients, box, trusted, now: () => now })
const open = (services: Recipients = recipients): SendMail =>
  createSendMail({
    mail: {
      mailer: { send: async (mail) => (sent.push(mail), { isSent: true }) },
      publicUrl: 'https://stats.example.com',
    },
    recipients: services,
    open: box.open,
  })
async function trigger(key: string): Promise<Notification> {
  await store.alerts.putNotifications(alert, { key, event: 'alert', at: now, data: { alertName: 'Rush' } })
  return (await claim()).find((notification) => notification.key === key)!
}
/** The reason why a mail is not sent. */
const errorOf = (sent: SendResult) => {
  expect(sent.result).toBe('not-sent')
  return (sent as { error: string }).error
}
async function claim() {
  const claimed = await store.alerts.claimNotifications({
    now,
    leaseUntil: now + 60_000,
    inFlight: new Map(),
    limitOfAccount: 10,
    limit: 10,
  })
  for (const { id } of claimed)
    await store.alerts.finishNotification(id, { isDone: true, at: now, error: null })
  return claimed
}

it('asks an address of an alert from an older release when its first mail is due, once', async () => {
  const send = open()
  expect(errorOf(await send(await trigger('1'), ADDRESS, signal))).toContain(
    'not sent: the address has not confirmed yet; open the link in the confirmation mail',
  )
  const [asking] = await claim()
  expect(asking!.event).toBe('confirmation')
  expect(await send(asking!, ADDRESS, signal)).toEqual({ result: 'done' })
  expect(sent.map(({ subject }) => subject)).toEqual([
    'Confirm your address for alerts from stats.example.com',
  ])

  expect(await send(await trigger('2'), ADDRESS, signal)).toMatchObject({ result: 'not-sent' })
  expect(await claim()).toEqual([])
  const [token] = /[\w-]{43}/.exec(sent[0]!.text)!
  expect(await recipients.confirm(token)).toBe('open')
  expect(await send(await trigger('3'), ADDRESS, signal)).toEqual({ result: 'done' })
})

it.each([['example.org'], [ADDRESS]])(
  'sends without confirmation if the operator trusts %s',
  async (entry) => {
    const trusting = openRecipients([entry])
    expect(await open(trusting)(await trigger('1'), 'Ops@Example.ORG', signal)).toEqual({ result: 'done' })
    expect(await claim()).toEqual([])
    // The link works for trusted addresses, too.
    const [token] = /rcp_[\w.-]+/.exec(sent[0]!.unsubscribeUrl)!
    await trusting.setSubscription(token, false)
    expect(errorOf(await open(trusting)(await trigger('2'), ADDRESS, signal))).toContain('unsubscribed')
  },
)

it('does not trust subdomains, or domains that end alike', async () => {
  const send = open(openRecipients(['example.org']))
  for (const address of ['ops@mail.example.org', 'ops@notexample.org', 'example.org@other.example'])
    expect(await send(await trigger(address), address, signal)).toMatchObject({ result: 'not-sent' })
})

it('records the alert mails beyond the limit of an hour as not sent, and counts a retry once', async () => {
  const send = open(openRecipients(['example.org']))
  for (let count = 0; count < MAX_ALERT_MAILS_PER_HOUR; count++) {
    const notification = await trigger(`${count}`)
    expect(await send(notification, ADDRESS, signal)).toEqual({ result: 'done' })
    await send({ ...notification, attempts: 2 }, ADDRESS, signal)
    now += 1_000
  }
  expect(errorOf(await send(await trigger('over'), ADDRESS, signal))).toMatch(
    /^not sent: limit of 100 alert mails/,
  )
  now += HOUR_MS
  expect(await send(await trigger('later'), ADDRESS, signal)).toEqual({ result: 'done' })
})

it('does not block mail for years after the clock was set back', async () => {
  const send = open(openRecipients(['example.org']))
  now += 10_000 * HOUR_MS
  for (let count = 0; count < MAX_ALERT_MAILS_PER_HOUR; count++)
    await send(await trigger(`${count}`), ADDRESS, signal)
  now -= 10_000 * HOUR_MS
  expect(await send(await trigger('back'), ADDRESS, signal)).toEqual({ result: 'done' })
})

it('retries if the control store cannot tell whether the address confirmed', async () => {
  const broken = { ...recipients, admit: () => Promise.reject(storeUnavailable()) }
  expect(await open(broken)(await trigger('1'), ADDRESS, signal)).toMatchObject({ result: 'retry' })
  expect(sent).toEqual([])
})

it('fails without a mail server', async () => {
  const send = createSendMail({ mail: undefined, recipients, open: box.open })
  expect(await send(await trigger('1'), ADDRESS, signal)).toMatchObject({ result: 'failed' })
})
