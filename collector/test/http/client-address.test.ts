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
    ['of a peer that is no proxy, itself', '203.0.113.5', '198.51.100.1', '203.0.113.5'],
    ['of a peer next to a trusted one, itself', '192.0.2.8', '198.51.100.1', '192.0.2.8'],
    ['of a proxy that names nobody, the proxy', '10.0.0.1', undefined, '10.0.0.1'],
    ['of a proxy, who it names', '10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['of a proxy that listens on IPv6 and IPv4 at once', '::ffff:10.0.0.1', '198.51.100.1', '198.51.100.1'],
    [
      'of a chain, the rightmost that is no proxy: what is left of it anybody may have sent',
      '10.0.0.1',
      '1.1.1.1, 198.51.100.1, 10.9.9.9,192.0.2.7',
      '198.51.100.1',
    ],
    ['of a chain of proxies only, the first', '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['over IPv6', '2001:db8:ffff::1', '2001:db8:1::5', '2001:db8:1::5'],
    ['with the port that some proxies add', '10.0.0.1', '198.51.100.1:51234', '198.51.100.1'],
    ['with brackets', '10.0.0.1', '[2001:db8:1::5]', '2001:db8:1::5'],
    ['with brackets and a port', '10.0.0.1', '[2001:db8:1::5]:443', '2001:db8:1::5'],
    ['written as IPv6', '10.0.0.1', '::ffff:198.51.100.1', '198.51.100.1'],
    ['that the proxy does not know', '10.0.0.1', '198.51.100.1, unknown', '10.0.0.1'],
    ['that the proxy hides', '10.0.0.1', '_hidden, 10.0.0.2', '10.0.0.2'],
    ['left of an empty entry', '10.0.0.1', '198.51.100.1,', '10.0.0.1'],
    ['of nothing but commas', '10.0.0.1', ',,,', '10.0.0.1'],
    ['of a connection that is gone', undefined, '198.51.100.1', ''],
  ])('%s', (_name, peer, forwarded, address) => expect(addressOf(request(peer, forwarded))).toBe(address))

  it('never reads Forwarded or X-Real-IP', () => {
    expect(
      addressOf(
        request('10.0.0.1', undefined, { forwarded: 'for=198.51.100.1', 'x-real-ip': '198.51.100.1' }),
      ),
    ).toBe('10.0.0.1')
  })

  it('trusts nobody when no proxy is configured', () => {
    const none = createTrustedProxies([])
    expect(none.addressOf(request('127.0.0.1', '198.51.100.1'))).toBe('127.0.0.1')
    expect(none.isTrusted('127.0.0.1')).toBe(false)
  })

  it('makes of any header a proxy, or an address that it names: garbage makes no clients', () => {
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
