import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMailer } from '../../../src/alerts/notify/mail.js'
import { expectEvery } from '../../support/expect-every.js'
import { type MailServer, startMailServer } from '../../support/start-mail-server.js'

const UNSUBSCRIBE_URL = `https://stats.example.com/${'a'.repeat(80)}/mail/unsubscribe/rcp_1.abc`

let server: MailServer
beforeAll(async () => {
  server = await startMailServer()
})
afterAll(() => server.close())

const send = (
  mail: Partial<Parameters<ReturnType<typeof createMailer>['send']>[0]> = {},
  smtpUrl = server.url,
) =>
  createMailer({ smtpUrl, from: 'alerts@example.com' }).send(
    {
      to: 'ops@example.com',
      subject: 'Alert: Zoë 🚨',
      text: 'one\n.\ntwo\n',
      id: 'alert_1.7.1',
      unsubscribeUrl: UNSUBSCRIBE_URL,
      ...mail,
    },
    new AbortController().signal,
  )

/** The headers of a mail, with folded lines unfolded. */
const headersOf = (data: string) =>
  data
    .split('\r\n\r\n')[0]!
    .replaceAll(/\r\n[ \t]+/g, ' ')
    .split('\r\n')

describe('a mail', () => {
  it('sends a mail with its subject, sender and message ID', async () => {
    expect(await send()).toEqual({ isSent: true })
    const { from, to, data } = server.received.pop()!
    expect([from, to]).toEqual(['<alerts@example.com>', ['<ops@example.com>']])
    expect(headersOf(data)).toEqual(
      expect.arrayContaining([
        'From: alerts@example.com',
        'To: ops@example.com',
        'Message-ID: <alert_1.7.1@example.com>',
        'Auto-Submitted: auto-generated',
        `List-Unsubscribe: <${UNSUBSCRIBE_URL}>`,
        'List-Unsubscribe-Post: List-Unsubscribe=One-Click',
      ]),
    )
    expect(data.split('\r\n\r\n')[1]).toBe('one\r\n.\r\ntwo\r\n')
  })

  it('sends no mail header or recipient that was injected through the subject or address', async () => {
    await send({
      subject: 'x\r\nBcc: victim@example.com\r\n\r\nbody',
      to: 'ops@example.com\r\nRCPT TO:<victim@example.com>',
    })
    await send({ subject: 'x', to: 'ops@example.com, victim@example.com' })
    expectEvery(
      server.received.splice(0),
      ({ to, data }) =>
        !to.join().includes('<victim@example.com>') &&
        !headersOf(data).some((header) => /^bcc/i.test(header)),
    )
  })

  it.each([
    ['451 later', { isSent: false, isFinal: false, error: 'SMTP 451' }],
    ['550 no such ops@example.com', { isSent: false, isFinal: true, error: 'SMTP 550' }],
  ])('reports the status code of the SMTP answer %s, but not its text', async (refusal, result) => {
    server.refusals = [refusal]
    expect(await send()).toEqual(result)
  })

  it('returns a temporary failure if the mail server is unreachable', async () => {
    const closed = await startMailServer()
    await closed.close()
    expect(await send({}, closed.url)).toMatchObject({ isSent: false, isFinal: false })
  })

  it('sends no password to a mail server that does not support TLS', async () => {
    const url = server.url.replace('//', '//user:secret-of-the-test@')
    expect(await send({}, url)).toMatchObject({ isSent: false })
    expect(server.received).toEqual([])
  })
})
