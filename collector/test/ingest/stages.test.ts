import { describe, expect, it } from 'vitest'
import { isAllowedOrigin } from '../../src/ingest/admit/origin.js'
import { canonicalName, parseUserAgent } from '../../src/ingest/enrich/user-agent.js'
import { clientOf, networkOf } from '../../src/http/client-address.js'
import { cleanReferrer, splitUrl } from '../../src/ingest/enrich/redact-url.js'

describe('isAllowedOrigin', () => {
  const site = {
    id: 'ws_1',
    accountId: 'acc_default',
    trackingCode: 'ZV_TEST',
    domain: 'example.com',
    name: '',
    allowedDomains: ['partner.example'],
    timeZone: 'UTC',
    retentionMonths: 25,
    searchParameters: [],
    createdAt: 0,
  }
  it.each([
    [undefined, true],
    ['https://example.com', true],
    ['http://example.com:8080', true],
    ['https://shop.example.com', true],
    ['https://partner.example', true],
    ['https://evil-example.com', false],
    ['https://example.com.evil.example', false],
    ['null', false],
    ['', false],
  ])('checks the origin %s: %s', (origin, allowed) => expect(isAllowedOrigin(origin, site)).toBe(allowed))

  it('accepts an opaque origin only if the site allows the domain null', () => {
    expect(isAllowedOrigin('null', site)).toBe(false)
    expect(isAllowedOrigin('null', { ...site, allowedDomains: [] })).toBe(false)
    expect(isAllowedOrigin('null', { ...site, domain: 'null' })).toBe(false)
    const opaque = { ...site, allowedDomains: ['partner.example', 'null'] }
    expect(isAllowedOrigin('null', opaque)).toBe(true)
    expect(isAllowedOrigin('https://other.example', opaque)).toBe(false)
  })
})

describe('addresses', () => {
  it('groups client addresses by IPv4 address and by IPv6 /64 for rate limits', () => {
    expect(clientOf('192.0.2.7')).toBe('192.0.2.7')
    expect(clientOf('::ffff:192.0.2.7')).toBe('192.0.2.7')
    expect(clientOf('2001:db8:1:2:3:4:5:6')).toBe(clientOf('2001:db8:1:2::9'))
    expect(clientOf('2001:db8:1:2::9')).not.toBe(clientOf('2001:db8:1:3::9'))
  })

  it('truncates addresses to /24 and /48 before they are used in a visitor ID', () => {
    expect(networkOf('192.0.2.7')).toBe('192.0.2.0')
    expect(networkOf('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1::')
  })
})

describe('splitUrl', () => {
  it('removes user info, fragment and secret values from a URL', () => {
    expect(
      splitUrl(
        'https://ann:pw@Example.com:443/a%20b?id=5&access_token=x&reset-token=y&API_KEY=z&monkey=ape&utm_campaign=c#d',
      ),
    ).toEqual({
      origin: 'https://example.com',
      path: '/a%20b',
      query: 'id=5&access_token=&reset-token=&API_KEY=&monkey=ape&utm_campaign=c',
    })
  })

  it('removes the sensitive parts of a referrer, and drops referrers that are not web URLs', () => {
    expect(cleanReferrer('https://u:p@search.example/?q=shoes&session=1#x')).toBe(
      'https://search.example/?q=shoes&session=',
    )
    for (const referrer of [
      'https://google.com',
      'https://google.com/',
      'https://google.com?q=a/b',
      'https://google.com/a',
    ])
      expect(cleanReferrer(referrer)).toBe(referrer)
    expect(cleanReferrer('HTTPS://Google.com#part')).toBe('https://google.com')
    for (const referrer of [
      '',
      undefined,
      'javascript:alert(1)',
      'android-app://com.example',
      'https://',
      'nonsense',
    ])
      expect(cleanReferrer(referrer)).toBe('')
  })
})

it('includes the route of a hash-routed application in the path, and drops other fragments', () => {
  expect(splitUrl('https://example.com/app?a=1#/cart/5?token=x&tab=2')).toEqual({
    origin: 'https://example.com',
    path: '/app#/cart/5',
    query: 'a=1&token=&tab=2',
  })
  expect(splitUrl('https://example.com/#!/cart')).toEqual({
    origin: 'https://example.com',
    path: '/#!/cart',
    query: '',
  })
  for (const fragment of ['#part', '#access_token=secret&state=1', '#'])
    expect(splitUrl(`https://example.com/app${fragment}`)).toEqual({
      origin: 'https://example.com',
      path: '/app',
      query: '',
    })
})

const WEBKIT = 'AppleWebKit/537.36 (KHTML, like Gecko)'
const APPLE = 'AppleWebKit/605.1.15 (KHTML, like Gecko)'

it.each([
  [
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/126.0.0.0 Safari/537.36`,
    'auto',
    'desktop',
    'Chrome',
    'Windows',
  ],
  [
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/126.0.0.0 Safari/537.36`,
    'touch',
    'desktop',
    'Chrome',
    'Windows',
  ],
  [
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/126.0.0.0 Safari/537.36 Edg/126.0.2592.87`,
    'auto',
    'desktop',
    'Edge',
    'Windows',
  ],
  [
    `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${WEBKIT} Chrome/125.0.0.0 Safari/537.36 OPR/111.0.0.0`,
    'auto',
    'desktop',
    'Opera',
    'macOS',
  ],
  [
    `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${APPLE} Version/17.5 Safari/605.1.15`,
    'auto',
    'desktop',
    'Safari',
    'macOS',
  ],
  [
    `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${APPLE} Version/17.5 Safari/605.1.15`,
    'touch',
    'tablet',
    'Safari',
    'iOS',
  ],
  [
    'Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0',
    'auto',
    'desktop',
    'Firefox',
    'Linux',
  ],
  [
    `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${WEBKIT} Chrome/126.0.0.0 Safari/537.36`,
    'auto',
    'desktop',
    'Chrome',
    'ChromeOS',
  ],
  [
    `Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) ${APPLE} Version/17.5 Mobile/15E148 Safari/604.1`,
    'touch',
    'mobile',
    'Safari',
    'iOS',
  ],
  [
    `Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) ${APPLE} CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1`,
    'touch',
    'mobile',
    'Chrome',
    'iOS',
  ],
  [
    `Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) ${APPLE} FxiOS/127.0 Mobile/15E148 Safari/605.1.15`,
    'touch',
    'mobile',
    'Firefox',
    'iOS',
  ],
  [
    `Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) ${APPLE} Version/17.0 EdgiOS/126.0.2592.86 Mobile/15E148 Safari/604.1`,
    'touch',
    'mobile',
    'Edge',
    'iOS',
  ],
  [`Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) ${APPLE} Mobile/15E148`, 'touch', 'tablet', 'Other', 'iOS'],
  [
    `Mozilla/5.0 (Linux; Android 10; K) ${WEBKIT} Chrome/126.0.0.0 Mobile Safari/537.36`,
    'touch',
    'mobile',
    'Chrome',
    'Android',
  ],
  [
    `Mozilla/5.0 (Linux; Android 10; K) ${WEBKIT} Chrome/126.0.0.0 Mobile Safari/537.36 EdgA/126.0`,
    'touch',
    'mobile',
    'Edge',
    'Android',
  ],
  [
    `Mozilla/5.0 (Linux; Android 10; K) ${WEBKIT} Chrome/126.0.0.0 Safari/537.36`,
    'touch',
    'tablet',
    'Chrome',
    'Android',
  ],
  [
    'Mozilla/5.0 (Android 14; Tablet; rv:127.0) Gecko/127.0 Firefox/127.0',
    'touch',
    'tablet',
    'Firefox',
    'Android',
  ],
  [
    `Mozilla/5.0 (Linux; Android 14; SAMSUNG SM-S918B) ${WEBKIT} SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36`,
    'touch',
    'mobile',
    'Samsung Internet',
    'Android',
  ],
  ['Something/1.0', 'auto', 'desktop', 'Other', 'Other'],
])('detects device, browser and system of %s (%s)', (user_agent, claimed, device_type, browser, os) => {
  expect(parseUserAgent({ device_type: claimed, browser: 'auto', os: 'auto', user_agent })).toEqual({
    device_type,
    browser,
    os,
  })
})

it('accepts the device fields that a client sends', () => {
  const claims = {
    device_type: 'server',
    browser: 'Brave',
    os: 'Linux',
    user_agent: 'Mozilla/5.0 (Windows NT 10.0) Chrome/126.0.0.0 Safari/537.36',
  }
  expect(parseUserAgent(claims)).toEqual({ device_type: 'server', browser: 'Brave', os: 'Linux' })
})

it('maps browsers and systems to the names that reports use', () => {
  expect(['Edg', 'CriOS', 'iP', 'Mac', 'mac os x', 'Vivaldi', 'constructor'].map(canonicalName)).toEqual([
    'Edge',
    'Chrome',
    'iOS',
    'macOS',
    'macOS',
    'Vivaldi',
    'constructor',
  ])
})
