import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type Connection,
  createBundledGeo,
  createCdnCountryReader,
  createCdnGeo,
  type GeoProvider,
  openGeo,
  openMmdbGeo,
} from '../../../src/ingest/enrich/geo.js'
import { writeMmdb } from '../../support/write-mmdb.js'

let folder: string
let database: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zenovay-geo-'))
  database = join(folder, 'countries.mmdb')
  await writeFile(
    database,
    writeMmdb({
      '8.8.8.0/24': { country: { iso_code: 'US' } },
      '195.141.0.0/16': { country_code: 'CH' },
      '212.227.0.0/16': { country: 'DE' },
      '2a02:1210::/32': { country: { iso_code: 'CH' } },
      '80.67.169.0/24': { registered_country: { iso_code: 'FR' } },
      '9.9.9.0/24': { country: { iso_code: 'Nowhere' } },
      // A value that no real database contains.
      '10.0.0.0/8': { country: { iso_code: 'ZZ' } },
    }),
  )
})
afterAll(() => rm(folder, { recursive: true }))

const from = (ip: string, cdnCountry = ''): Connection => ({ ip, cdnCountry })
const NOWHERE = [
  '127.0.0.1',
  '10.1.2.3',
  '172.16.0.1',
  '192.168.1.1',
  '100.64.0.1',
  '169.254.1.1',
  '0.0.0.0',
  '255.255.255.255',
  '::1',
  'fe80::1',
  'fd00::1',
  '::ffff:10.0.0.1',
  'ff02::1',
]
const NONSENSE = [
  '',
  'unknown',
  '8.8.8',
  '8.8.8.8.8',
  'localhost',
  '8.8.8.8:80',
  "'; DROP TABLE events",
  'x'.repeat(70_000),
]

/** For every provider: an address or header that it must know, and the country. */
const PROVIDERS: [name: string, open: () => Promise<GeoProvider>, known: Connection, country: string][] = [
  ['the bundled data set', async () => createBundledGeo(), from('8.8.8.8'), 'US'],
  ["an operator's file", () => openMmdbGeo(database), from('8.8.8.8'), 'US'],
  ['a CDN', async () => createCdnGeo(), from('10.0.0.1', 'CH'), 'CH'],
  ['all of them, without a file', () => openGeo(undefined), from('8.8.8.8'), 'US'],
  ['all of them, with a file', () => openGeo(database), from('212.227.15.9'), 'DE'],
]

describe.each(PROVIDERS)('the country by %s', (_name, open, known, country) => {
  let geo: GeoProvider
  beforeAll(async () => void (geo = await open()))

  it('returns the country as an upper-case code, whether it is computed or cached', () => {
    expect([geo.countryOf(known), geo.countryOf(known)]).toEqual([country, country])
  })

  it.each([...NOWHERE, ...NONSENSE])('returns an empty country for %s', (ip) =>
    expect(geo.countryOf(from(ip))).toBe(''),
  )
})

describe('the bundled data set', () => {
  const geo = createBundledGeo()
  it.each([
    ['195.141.0.1', 'CH'],
    ['212.227.15.9', 'DE'],
    ['80.67.169.12', 'FR'],
    ['81.2.69.160', 'GB'],
    ['::ffff:195.141.0.1', 'CH'],
    ['2a02:1210::1', ''],
  ])('maps the address %s to the country %s', (ip, country) => expect(geo.countryOf(from(ip))).toBe(country))
})

describe("an operator's file", () => {
  it.each([
    ['195.141.3.4', 'CH'],
    ['212.227.1.1', 'DE'],
    ['::ffff:212.227.1.1', 'DE'],
    ['2a02:1210::9', 'CH'],
    ['2a03::1', ''],
    ['80.67.169.12', ''],
    ['9.9.9.9', ''],
    ['1.2.3.4', ''],
  ])("maps the address %s to the country %s with an operator's file", async (ip, country) =>
    expect((await openMmdbGeo(database)).countryOf(from(ip))).toBe(country),
  )

  it('rejects a GEO_DB file that is missing or not a database', async () => {
    const broken = join(folder, 'broken.mmdb')
    await writeFile(broken, 'not a database')
    for (const path of [broken, join(folder, 'missing.mmdb'), folder])
      await expect(openGeo(path)).rejects.toThrow(/^GEO_DB .+ cannot be read: .+\.mmdb\)\.$/)
  })
})

describe('the country header of a CDN', () => {
  it.each([
    ['ch', 'CH'],
    ['XX', ''],
    ['T1', ''],
    ['CHE', ''],
    ['C', ''],
    ['C\n', ''],
  ])('parses the country header %j as %s', (header, country) => {
    expect(createCdnGeo().countryOf(from('8.8.8.8', header))).toBe(country)
  })

  it('prefers the country header to the address unless the header contains no country', async () => {
    const geo = await openGeo(undefined)
    expect([geo.countryOf(from('8.8.8.8', 'CH')), geo.countryOf(from('8.8.8.8', 'XX'))]).toEqual(['CH', 'US'])
  })
})

describe('the header of a CDN', () => {
  const request = (remoteAddress: string | undefined, headers: Record<string, string | string[]>) =>
    ({ headers, socket: { remoteAddress } }) as unknown as IncomingMessage
  const read = createCdnCountryReader({
    countryHeader: 'cf-ipcountry',
    trustedProxies: ['10.0.0.0/8', '192.0.2.7', '2001:db8::/32'],
  })
  const header = { 'cf-ipcountry': 'CH' }

  it.each(['10.1.2.3', '::ffff:10.1.2.3', '192.0.2.7', '2001:db8::1'])(
    'trusts the country header from the proxy %s',
    (peer) => expect(read(request(peer, header))).toBe('CH'),
  )
  it.each(['11.0.0.1', '192.0.2.8', '2001:db9::1', '::1', undefined])(
    'ignores the country header from the peer %s',
    (peer) => expect(read(request(peer, header))).toBe(''),
  )
  it('returns no country if the country header is missing or not configured', () => {
    expect(read(request('10.1.2.3', {}))).toBe('')
    expect(
      createCdnCountryReader({ countryHeader: undefined, trustedProxies: ['10.0.0.0/8'] })(
        request('10.1.2.3', header),
      ),
    ).toBe('')
  })
})
