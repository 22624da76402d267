import { describe, expect, it } from 'vitest'
import { readConfig } from '../src/config.js'

const MAIL = {
  SMTP_URL: 'smtps://user:hidden-word@mail.example.com',
  MAIL_FROM: 'alerts@example.com',
  PUBLIC_URL: 'https://stats.example.com/counting/',
}

describe('the settings of mail', () => {
  it('are the server, the sender, the public URL and trusted recipients', () => {
    expect(readConfig({ ...MAIL, MAIL_TRUSTED_RECIPIENTS: 'Example.com, Ann@partner.example' }).mail).toEqual(
      {
        smtpUrl: MAIL.SMTP_URL,
        from: MAIL.MAIL_FROM,
        publicUrl: 'https://stats.example.com/counting',
        trusted: ['example.com', 'ann@partner.example'],
      },
    )
    expect(readConfig({ PUBLIC_URL: MAIL.PUBLIC_URL }).mail).toBeUndefined()
  })

  it('require the public URL, because mails link to it', () => {
    const { PUBLIC_URL: _, ...others } = MAIL
    expect(() => readConfig(others)).toThrow('PUBLIC_URL must be set if SMTP_URL is')
  })

  it.each([
    'stats.example.com',
    'ftp://stats.example.com',
    'https://user:hidden-word@stats.example.com',
    'https://stats.example.com/?a=1',
    'https://stats.example.com/#a',
  ])('reject %s as the public URL', (PUBLIC_URL) => {
    expect(() => readConfig({ ...MAIL, PUBLIC_URL })).toThrow('PUBLIC_URL must be an http(s) URL')
  })

  it('are refused with a list of every issue, without passwords', () => {
    const read = () =>
      readConfig({
        SMTP_URL: 'http://user:hidden-word@mail.example.com',
        MAIL_FROM: 'Alerts <alerts@example.com>',
        PUBLIC_URL: 'https://user:hidden-word@stats.example.com',
        MAIL_TRUSTED_RECIPIENTS: 'example.com, *@other.example',
      })
    for (const name of ['SMTP_URL', 'MAIL_FROM', 'PUBLIC_URL', 'MAIL_TRUSTED_RECIPIENTS'])
      expect(read).toThrow(`${name} must be`)
    expect(read).toThrow('not "*@other.example"')
    expect(read).not.toThrow('hidden-word')
  })
})
