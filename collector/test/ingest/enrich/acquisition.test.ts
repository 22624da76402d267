import { readFileSync } from 'node:fs'
import { MAX_LABEL_LENGTH, validateEvent, type IngestEvent } from '@zenovay/tracker/contract'
import { describe, expect, it } from 'vitest'
import { CHANNELS } from '../../../src/ingest/enrich/acquisition.js'
import { CLICK_IDS } from '../../../src/ingest/enrich/acquisition.js'
import { sourceOfTag } from '../../../src/ingest/enrich/known-sources.js'
import { KNOWN_SOURCES, SOURCE_KINDS } from '../../../src/ingest/enrich/known-sources.js'
import { parseTags } from '../../../src/ingest/enrich/acquisition.js'
import { toEventRow } from '../../../src/ingest/enrich/to-event-row.js'
import { makeEvent } from '../../support/make-event.js'
import { ACQUISITION_CASES } from './acquisition-cases.js'

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

function rowOf(fields: Pick<IngestEvent, 'referrer' | 'url'>) {
  const result = validateEvent(makeEvent(fields))
  if (!result.ok) throw new Error(JSON.stringify(result.faults))
  return toEventRow(result.event, {
    site,
    ids: { visitorId: 'v', sessionId: 's' },
    language: '',
    country: '',
    now: 0,
    position: 0,
  })
}

describe('the channel and source of an event', () => {
  it.each(ACQUISITION_CASES)('maps the referrer %s on %s to %s, %s', (referrer, url, channel, source) => {
    expect(rowOf({ referrer, url })).toMatchObject({ channel, source })
  })

  it('tests the acquisition of every channel', () => {
    expect(new Set(ACQUISITION_CASES.map(([, , channel]) => channel))).toEqual(new Set(CHANNELS))
  })

  it('ignores the landing page when it derives the channel and source', () => {
    expect(
      rowOf({ referrer: 'https://www.google.com/', url: 'https://blog.example.com/a?page=2' }),
    ).toMatchObject({ channel: 'organic search', source: 'Google' })
  })
})

describe('parseTags', () => {
  it('parses and decodes the UTM parameters of a link', () => {
    expect(
      parseTags(
        'a=1&UTM_Source=News+Letter&utm_medium=email&utm_campaign=caf%C3%A9%26bar&utm_term=x&utm_content=top&utm_source=second',
      ),
    ).toEqual({
      utm_source: 'News Letter',
      utm_medium: 'email',
      utm_campaign: 'café&bar',
      utm_term: 'x',
      utm_content: 'top',
      ref: '',
      clickId: undefined,
    })
  })

  it('truncates long UTM values without splitting a character', () => {
    const tags = parseTags(
      `utm_source=${'ö'.repeat(500)}&utm_campaign=${'x'.repeat(199)}${encodeURIComponent('😀')}`,
    )
    expect(tags.utm_source).toHaveLength(MAX_LABEL_LENGTH)
    expect(tags.utm_campaign.isWellFormed()).toBe(true)
    expect(tags.utm_campaign).toHaveLength(199)
    expect(sourceOfTag('İ'.repeat(64)).name.length).toBeLessThanOrEqual(MAX_LABEL_LENGTH)
  })

  it('prefers a paid click ID to a click ID that every link contains', () => {
    expect(parseTags('fbclid=a&gclid=b').clickId?.source).toBe('google')
    expect(parseTags('gclid=b&fbclid=a').clickId?.source).toBe('google')
  })
})

it('maps every click ID to a known source', () => {
  for (const [key, { source }] of CLICK_IDS) expect(sourceOfTag(source).kind, key).toBeDefined()
})

describe('docs/sources.md', () => {
  const page = readFileSync(new URL('../../../../docs/sources.md', import.meta.url), 'utf8')
    // Prettier pads the cells of tables.
    .replace(/ +\|/g, ' |')

  it.each(SOURCE_KINDS)('documents every known source of the kind %s', (kind) => {
    const row = new RegExp(`^\\| ${kind} \\| (.+) \\|$`, 'm').exec(page)
    expect(row?.[1]?.split(', ')).toEqual(Object.keys(KNOWN_SOURCES[kind]))
  })

  it('documents every channel and every click ID', () => {
    expect([...page.matchAll(/^\| \d+ \| `([a-z ]+)` \|/gm)].map(([, channel]) => channel).sort()).toEqual(
      [...CHANNELS].sort(),
    )
    const documented = [...page.matchAll(/^\| click id, (paid|free) \| (.+) \|$/gm)].flatMap(
      ([, price, keys]) => keys!.split(', ').map((key) => [key.replaceAll('`', ''), price === 'paid']),
    )
    expect(Object.fromEntries(documented)).toEqual(
      Object.fromEntries([...CLICK_IDS].map(([key, { paid }]) => [key, paid])),
    )
  })
})
