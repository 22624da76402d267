import type { IncomingMessage } from 'node:http'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clientOf, createTrustedProxies } from '../../src/http/client-address.js'

const PROXIES = ['10.0.0.0/8', '192.0.2.7', '2001:db8:ffff::/48', '::1']
const { addressOf, isTrusted } = createTrustedProxies(PROXIES)
const request = (peer: string | undefined, forwarded?: string, headers = {}) =>
  ({
    socket: { remoteAddress: peer },
    headers: { ...(forwarded !== undefined && { 'x-forwarded-for': forwarded }), ...headers },
  }) as IncomingMessage

describe('addressOf', () => {
  it.each([
    ['uses the peer itself without a proxy', '203.0.113.5', '198.51.100.1', '203.0.113.5'],
    ['uses a peer itself that is only near a trusted range', '192.0.2.8', '198.51.100.1', '192.0.2.8'],
    ['uses the proxy when it forwards no address', '10.0.0.1', undefined, '10.0.0.1'],
    ['uses the address forwarded by a proxy', '10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['recognizes a proxy by its IPv4-mapped IPv6 address', '::ffff:10.0.0.1', '198.51.100.1', '198.51.100.1'],
    [
      'uses the rightmost address of a chain that is no proxy, because clients can forge those to its left',
      '10.0.0.1',
      '1.1.1.1, 198.51.100.1, 10.9.9.9,192.0.2.7',
      '198.51.100.1',
    ],
    ['uses the first of a chain of proxies only', '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['accepts IPv6', '2001:db8:ffff::1', '2001:db8:1::5', '2001:db8:1::5'],
    ['ignores a port', '10.0.0.1', '198.51.100.1:51234', '198.51.100.1'],
    ['accepts brackets', '10.0.0.1', '[2001:db8:1::5]', '2001:db8:1::5'],
    ['accepts brackets with a port', '10.0.0.1', '[2001:db8:1::5]:443', '2001:db8:1::5'],
    ['unwraps an IPv4-mapped address', '10.0.0.1', '::ffff:198.51.100.1', '198.51.100.1'],
    ['falls back to the proxy for an unknown address', '10.0.0.1', '198.51.100.1, unknown', '10.0.0.1'],
    ['falls back to the last proxy for a hidden address', '10.0.0.1', '_hidden, 10.0.0.2', '10.0.0.2'],
    ['falls back to the proxy for an empty entry', '10.0.0.1', '198.51.100.1,', '10.0.0.1'],
    ['falls back to the proxy for commas only', '10.0.0.1', ',,,', '10.0.0.1'],
    ['is empty for a closed connection', undefined, '198.51.100.1', ''],
  ])('finds the client address: %s', (_name, peer, forwarded, address) =>
    expect(addressOf(request(peer, forwarded))).toBe(address),
  )

  it('ignores the Forwarded and X-Real-IP headers', () => {
    expect(
      addressOf(
        request('10.0.0.1', undefined, { forwarded: 'for=198.51.100.1', 'x-real-ip': '198.51.100.1' }),
      ),
    ).toBe('10.0.0.1')
  })

  it('trusts no peer if no proxy is configured', () => {
    const none = createTrustedProxies([])
    expect(none.addressOf(request('127.0.0.1', '198.51.100.1'))).toBe('127.0.0.1')
    expect(none.isTrusted('127.0.0.1')).toBe(false)
  })

  it('returns only a proxy or an address in the header, for any X-Forwarded-For header', () => {
    const entry = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.ipV4(),
      fc.ipV6(),
      fc.ipV4().map((ip) => `${ip}:${ip.length}`),
      fc.constantFrom(
        'unknown',
        '_x',
        '[',
        ']',
        '[::1',
        '1.2.3',
        '01.2.3.4',
        '0x7f.1',
        '1.2.3.4:',
        '::ffff:',
        '10.0.0.2',
        'fe80::1%eth0',
      ),
    )
    const addresses = new Set<string>()
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 6 }), (entries) => {
        const address = addressOf(request('10.0.0.1', entries.join(',')))
        expect(() => clientOf(address)).not.toThrow()
        const named = entries
          .join(',')
          .split(',')
          .some((part) => part.includes(address) || part.toLowerCase().includes('ffff'))
        expect(named || isTrusted(address)).toBe(true)
        addresses.add(address)
      }),
      { numRuns: 5_000 },
    )
    expect(addresses.size).toBeGreaterThan(10)
    for (let port = 1; port < 1_000; port++)
      expect(clientOf(addressOf(request('10.0.0.1', `198.51.100.1:${port}`)))).toBe('198.51.100.1')
  })
})
