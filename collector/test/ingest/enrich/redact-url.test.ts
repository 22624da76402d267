import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cleanPath, hidePersonalData, removeSecretValues } from '../../../src/ingest/enrich/redact-url.js'
import { leastCpuMs } from '../../support/least-cpu.js'

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.s5-Q_x'

describe('removeSecretValues', () => {
  it.each([
    [
      'token=1&access_token=2&resetToken=3&reset-token=4&X-API-Key=5',
      'token=&access_token=&resetToken=&reset-token=&X-API-Key=',
    ],
    [
      '%74oken=1&pass%77ord=2&user%5Bemail%5D=3&user[token]=4',
      '%74oken=&pass%77ord=&user%5Bemail%5D=&user[token]=',
    ],
    ['a=1;token=2;b=3&session_id=4', 'a=1;token=;b=3&session_id='],
    ['code=1&state=2&key=3&client_ip=4&PHPSESSID=5', 'code=&state=&key=&client_ip=&PHPSESSID='],
    [
      'monkey=1&keyboard=2&stated=3&encode=4&tokens_left=5&q=token',
      'monkey=1&keyboard=2&stated=3&encode=4&tokens_left=5&q=token',
    ],
    [
      'utm_source=mail&utm_campaign=email-key&gclid=Cj0KCQ&fbclid=IwAR0&msclkid=5',
      'utm_source=mail&utm_campaign=email-key&gclid=Cj0KCQ&fbclid=IwAR0&msclkid=5',
    ],
    [
      'q=ann@example.com&r=ann%40example.com&s=ann%2540example.com&utm_content=Ann.B%2Bc%40sub.example.co.uk',
      'q=&r=&s=&utm_content=',
    ],
    [`a=${JWT}&b=x`, 'a=&b=x'],
    ['a=203.0.113.7&b=2001%3Adb8%3A%3A1&c=1.2.3&d=10%3A30', 'a=&b=&c=1.2.3&d=10%3A30'],
    ['next=%2Freset%3Ftoken%3Dabc&back=%2Flist%3Fpage%3D2', 'next=&back=%2Flist%3Fpage%3D2'],
    ['ann@example.com&flag', '&flag'],
    [
      'pw=1&passwort=2&newpwd=3&invite=4&username=5&hash=6&tel=7',
      'pw=&passwort=&newpwd=&invite=&username=&hash=&tel=',
    ],
    ['q=j%C3%B6rg%40m%C3%BCller.example&r=почта@пример.рф', 'q=&r='],
    ['a=%E0%A4%A&b', 'a=%E0%A4%A&b'],
    ['', ''],
  ])('removes secret values from ?%s', (query, clean) => expect(removeSecretValues(query)).toBe(clean))
})

it('redacts email addresses and tokens in texts and paths, but no similar text', () => {
  expect(hidePersonalData('Inbox of ann.b+c@mail.example.com (3)')).toBe('Inbox of [email] (3)')
  expect(cleanPath(`/user/ann%40example.com/verify/${JWT}`)).toBe('/user/[email]/verify/[token]')
  expect(cleanPath('/shop;jsessionid=1A2B;color=red/cart')).toBe('/shop;jsessionid=;color=red/cart')
  expect(hidePersonalData('Mail to jörg@müller.example')).toBe('Mail to [email]')
  expect(cleanPath('/u/j%C3%B6rg@m%C3%BCller.example/x')).toBe('/u/[email]/x')
  expect(cleanPath('/reset/9f86d081884c7d659a2feaa0c55ad015/now')).toBe('/reset/[token]/now')
  expect(cleanPath('/join/Zk3vQ9xT1bLm7Pq2Rs8Wd4Yh')).toBe('/join/[token]')
  expect(cleanPath('/pay/4111111111111111/4111-1111-1111-1111')).toBe('/pay/[card]/[card]')
  expect(cleanPath('/host/203.0.113.7/2001:db8::1')).toBe('/host/[ip]/[ip]')
  for (const path of [
    '/order/6f9619ff-8b86-d011-b42d-00c04fc964ff',
    '/4111111111111112',
    '/blog/2026-11-30-thirty-two-characters-and-more-of-a-title',
    '/release/10.2.1',
    '/at/10:30:00',
    '/Products/SuperLongProductNameWithoutDigits',
    '/@ann/post',
    '/package/react@18.2.0',
    '/a%40b',
    '/2026/40/eyJ',
    '/caf%C3%A9',
  ])
    expect(cleanPath(path)).toBe(path)
})

it('redacts an email address at every position of a query string', () => {
  const word = fc.stringMatching(/^[a-z0-9]{1,10}$/)
  fc.assert(
    fc.property(
      word,
      word,
      fc.array(word),
      fc.constantFrom('=', '=x%20', '=%22', ''),
      (user, host, others, before) => {
        const address = `${user}@${host}.example`
        const query = [...others, `k${before}${address}`, ...others].join('&')
        expect(removeSecretValues(query)).not.toContain(address)
        expect(removeSecretValues(encodeURI(query))).not.toContain(address)
      },
    ),
  )
})

it('redacts any text in little time', () => {
  for (const unit of ['a', '40', '%40', 'a@', '@', 'eyJ', '.', 'a.', ';a=', '?a=', '%25', 'a-', '1:'])
    for (const clean of [
      (text: string) => removeSecretValues(`a=${text}`),
      removeSecretValues,
      cleanPath,
      hidePersonalData,
    ]) {
      const text = unit.repeat(2048 / unit.length)
      expect(
        leastCpuMs(() => clean(text)),
        unit,
      ).toBeLessThan(100)
    }
})
