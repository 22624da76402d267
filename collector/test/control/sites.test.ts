import { describe, expect, it } from 'vitest'
import { parseDomain, parseTimeZone, SITE_CHANGES, toSiteFields } from '../../src/control/sites.js'
import { parseFields } from '../../src/http/fields.js'

const parseSiteFields = (body: unknown) => {
  const { fields, issues } = parseFields(SITE_CHANGES, body)
  return { fields: toSiteFields(fields), issues }
}

describe('parseDomain', () => {
  it('returns the host of a domain in the form that browsers send in the Origin header', () => {
    const hosts = [
      'Example.COM',
      'münchen.example',
      'ПРИМЕР.example',
      '[::1]',
      '[2001:DB8:0::1]',
      'localhost',
      '127.0.0.1',
      ' shop.example ',
    ]
    for (const host of hosts) expect(parseDomain(host)).toBe(new URL(`https://${host.trim()}/`).hostname)
  })

  it('rejects every domain that is not a plain host', () => {
    const others = [
      '',
      ' ',
      'https://example.com',
      'example.com/',
      'example.com:8080',
      'user@example.com',
      '*.example.com',
      'a..b',
      '-a.example',
      'a b.example',
      '[::1',
      '[zz]',
      `${'a'.repeat(64)}.example`,
      `${'a.'.repeat(127)}example`,
      'a%2eb',
      'a_b.example',
    ]
    for (const text of others) expect([text, parseDomain(text)]).toEqual([text, undefined])
  })
})

describe('parseTimeZone', () => {
  it('accepts IANA time zone names in any letter case, and keeps aliases', () => {
    expect(
      ['UTC', 'europe/zurich', 'America/Argentina/Buenos_Aires', 'Asia/Kolkata', 'Etc/GMT+5'].map(
        parseTimeZone,
      ),
    ).toEqual(['UTC', 'Europe/Zurich', 'America/Argentina/Buenos_Aires', 'Asia/Kolkata', 'Etc/GMT+5'])
  })

  it('rejects time zone offsets and unknown time zones', () => {
    for (const name of ['', '+01:00', 'Europe/Atlantis', 'UTC; DROP', '../etc', 'local time'])
      expect(parseTimeZone(name)).toBeUndefined()
  })
})

describe('parseSiteFields', () => {
  it('parses every field of a site from its JSON name', () => {
    const body = {
      domain: 'Example.com',
      name: ' Shop ',
      allowed_domains: ['a.example', 'A.example', 'ü.example'],
      time_zone: 'Europe/Zurich',
      retention_months: 120,
      search_parameters: ['q', 'filters[query]', 'q', 'поиск'],
    }
    expect(parseSiteFields(body)).toEqual({
      fields: {
        domain: 'example.com',
        name: 'Shop',
        allowedDomains: ['a.example', 'xn--tda.example'],
        timeZone: 'Europe/Zurich',
        retentionMonths: 120,
        searchParameters: ['q', 'filters[query]', 'поиск'],
      },
      issues: [],
    })
  })

  it('accepts null as an allowed domain, but only as text', () => {
    expect(parseSiteFields({ allowed_domains: ['null', ' NULL ', 'a.example'] })).toEqual({
      fields: { allowedDomains: ['null', 'a.example'] },
      issues: [],
    })
    expect(parseSiteFields({ allowed_domains: [null] }).issues).toEqual([
      { field: 'allowed_domains', reason: 'must be a string' },
    ])
  })

  it('lists every issue of an invalid site', () => {
    const body = {
      domain: 7,
      name: 'a\nb',
      allowed_domains: ['ok.example', 'https://x', null],
      time_zone: 'Mars',
      retention_months: 0,
      search_parameters: ['q', 'a b', 'a&b', '', 5],
      timezone: 'UTC',
      id: 'ws_1',
    }
    expect(parseSiteFields(body).issues.map(({ field }) => field)).toEqual([
      'domain',
      'name',
      'allowed_domains',
      'allowed_domains',
      'time_zone',
      'retention_months',
      ...Array<string>(4).fill('search_parameters'),
      'timezone',
      'id',
    ])
    for (const months of [0, 121, 1.5, '25', null, -1])
      expect(parseSiteFields({ retention_months: months }).issues).toHaveLength(1)
    for (const name of ['', '  ', 'x'.repeat(101), 5])
      expect(parseSiteFields({ name }).issues).toHaveLength(1)
    expect(parseSiteFields({ allowed_domains: Array(101).fill('a.example') }).issues).toHaveLength(1)
    for (const names of ['q', null, {}, Array(11).fill('q'), ['x'.repeat(65)], ['q\n'], ['%71'], ['q=']])
      expect(parseSiteFields({ search_parameters: names }).issues, JSON.stringify(names)).toHaveLength(1)
    expect(parseSiteFields({ search_parameters: [] })).toEqual({
      fields: { searchParameters: [] },
      issues: [],
    })
  })

  it('rejects a site that is not an object or has a field name that every object inherits', () => {
    for (const body of [null, [], 'x', 1])
      expect(parseSiteFields(body).issues).toEqual([{ field: 'body', reason: 'must be a JSON object' }])
    expect(parseSiteFields({ toString: 1, valueOf: 2 }).issues.map(({ field }) => field)).toEqual([
      'toString',
      'valueOf',
    ])
  })
})
