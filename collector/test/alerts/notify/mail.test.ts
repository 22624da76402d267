import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMailer } from '../../../src/alerts/notify/mail.js'
import { type MailServer, startMailServer } from '../../support/start-mail-server.js'

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
    { to: 'ops@example.com', subject: 'Alert: Zoë 🚨', text: 'one\n.\ntwo\n', id: 'alert_1.7.1', ...mail },
    new AbortController().signal,
  )

/** The headers of a mail, folded lines put together. */
const headersOf = (data: string) =>
  data
    .split('\r\n\r\n')[0]!
    .replaceAll(/\r\n[ \t]+/g, ' ')
    .split('\r\n')

describe('a mail', () => {
  it('arrives at a real server, with subject, sender and id', async () => {
    expect(await send()).toEqual({ isSent: true })
    const { from, to, data } = server.received.pop()!
    expect([from, to]).toEqual(['<alerts@example.com>', ['<ops@example.com>']])
    expect(headersOf(data)).toEqual(
      expect.arrayContaining([
        'From: alerts@example.com',
        'To: ops@example.com',
        'Message-ID: <alert_1.7.1@example.com>',
        'Auto-Submitted: auto-generated',
      ]),
    )
    expect(data.split('\r\n\r\n')[1]).toBe('one\r\n.\r\ntwo\r\n')
  })

  it('has no header and no recipient that a subject or an address brings along', async () => {
    await send({
      subject: 'x\r\nBcc: victim@example.com\r\n\r\nbody',
      to: 'ops@example.com\r\nRCPT TO:<victim@example.com>',
    })
    await send({ subject: 'x', to: 'ops@example.com, victim@example.com' })
    for (const { to, data } of server.received.splice(0)) {
      expect(to.join()).not.toContain('<victim@example.com>')
      expect(headersOf(data).filter((header) => /^bcc/i.test(header))).toEqual([])
    }
  })

  it.each([
    ['451 later', { isSent: false, isFinal: false, error: 'SMTP 451' }],
    ['550 no such ops@example.com', { isSent: false, isFinal: true, error: 'SMTP 550' }],
  ])('that a server answers with %s says so, without the text of the server', async (refusal, result) => {
    server.refusals = [refusal]
    expect(await send()).toEqual(result)
  })

  it('is tried again when no server listens', async () => {
    const closed = await startMailServer()
    await closed.close()
    expect(await send({}, closed.url)).toMatchObject({ isSent: false, isFinal: false })
  })

  it('does not go with a password to a server without TLS', async () => {
    const url = server.url.replace('//', '//user:secret-of-the-test@')
    expect(await send({}, url)).toMatchObject({ isSent: false })
    expect(server.received).toEqual([])
  })
})
