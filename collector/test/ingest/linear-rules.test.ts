import { isDeniedAgent, isTrackingCode, validateEvent } from '@zenovay/tracker/contract'
import { isbot } from 'isbot'
import { describe, expect, it } from 'vitest'
import { createCdnGeo } from '../../src/ingest/enrich/geo.js'
import { isAutomatedAgent } from '../../src/ingest/admit/bots.js'
import { parseEvents } from '../../src/http/json-body.js'
import { findAcquisition } from '../../src/ingest/enrich/acquisition.js'
import { sourceOfHost, sourceOfTag } from '../../src/ingest/enrich/known-sources.js'
import { parseUserAgent } from '../../src/ingest/enrich/user-agent.js'
import { parseTags } from '../../src/ingest/enrich/acquisition.js'
import { appOf, hostOf } from '../../src/ingest/enrich/acquisition.js'
import { isBotAgent } from '../../src/ingest/admit/bots.js'
import { cleanReferrer, splitUrl } from '../../src/ingest/enrich/redact-url.js'
import { leastCpuMs } from '../support/least-cpu.js'
import { makeEvent } from '../support/make-event.js'

const SIZE = 64 * 1024
/** A text of 64 KB: `start`, then `unit` repeated, then `end`. A long almost-match makes a rule backtrack. */
const text = (unit: string, start = '', end = '!') =>
  start + unit.repeat(Math.ceil((SIZE - start.length - end.length) / unit.length)) + end

const ALMOST = [
  ...[
    'a',
    ' ',
    '.',
    '/',
    '-',
    '_',
    '0',
    ':',
    '(',
    '()',
    '%',
    '&',
    '=',
    '+',
    ';',
    ',',
    '@',
    '[',
    '\n',
    '\u0000',
    'ß',
    '😀',
    '\ud800',
  ].map((unit) => text(unit)),
  ...[
    'a.',
    'co.',
    'www.',
    'a=b&',
    'utm_source=',
    'gclid&',
    '%E4',
    'a-',
    'token_',
    'session_',
    'e-',
    'mail.',
    ':1',
    'paid-',
    'social_',
    'bo',
    'curlcur',
    'ya',
    'subscriber ',
    'Android ',
    'Mobi',
    'Mozilla/',
    'ZV_',
  ].map((unit) => text(unit)),
  text('a', 'Mozilla/5.0 ('),
  text(' x/1', 'Mozilla/5.0 (compatible;'),
  text('1.', 'Mozilla/5.0 (compatible; x '),
  text('Android', 'Mozilla/5.0 (Linux; '),
  text('a', 'Mozilla/5.0 (iPhone'),
  text('a.', 'android-app://'),
  text('a', 'https://'),
  text('a.', 'https://www.', '/'),
  text('a/', 'https://example.com/'),
  text('x_', 'https://example.com/?', 'token=1'),
  text('a=1&', 'https://example.com/?', '#/x'),
  text('-', 'https://example.com/?', 'key'),
  text('/', 'https://example.com/#', '?a'),
]

// On a busy machine the slowest took 30 ms, a rule that backtracks 12 s. 64 KB is longer than any valid
// field, so that a rule stays safe when a limit grows.
const SLOWEST_MS = 150

const RULES: [name: string, run: (input: string) => unknown][] = [
  ['the words of the contract', isDeniedAgent],
  ['the names of programs', isAutomatedAgent],
  ['the verdict on an agent', isBotAgent],
  ['the tracking code', isTrackingCode],
  [
    'names of device, browser and system',
    (input) => parseUserAgent({ device_type: 'auto', browser: 'auto', os: 'auto', user_agent: input }),
  ],
  [
    'a declared device',
    (input) => parseUserAgent({ device_type: input, browser: input, os: input, user_agent: input }),
  ],
  ['the URL of a page', splitUrl],
  ['a referrer', cleanReferrer],
  ['the query of a page', (input) => splitUrl(`https://example.com/?${input}`)],
  ['the fragment of a page', (input) => splitUrl(`https://example.com/#/${input}`)],
  ['the host of a referrer', hostOf],
  ['the app of a referrer', appOf],
  ['a source by host', sourceOfHost],
  ['a source by tag', sourceOfTag],
  ['the tags of a query', parseTags],
  ['a medium', (input) => findAcquisition({ query: `utm_medium=${input}`, referrer: input })],
  ['a country header', (input) => createCdnGeo().countryOf({ ip: '8.8.8.8', cdnCountry: input })],
  ['a body', parseEvents],
  [
    'an event',
    (input) =>
      validateEvent({
        ...makeEvent({}),
        user_agent: input,
        title: input,
        referrer: input,
        url: input,
        event_id: input,
      }),
  ],
]

describe('every rule that reads untrusted input', () => {
  it.each(RULES)(`handles 64 KB of worst-case input in linear time: %s`, (_name, run) => {
    for (const input of ALMOST)
      expect(
        leastCpuMs(() => run(input)),
        JSON.stringify(input.slice(0, 40)),
      ).toBeLessThan(SLOWEST_MS)
  })

  it('calls the isbot package only with text that passed validation', () => {
    const { user_agent } = (
      validateEvent({ ...makeEvent({}), user_agent: text('1.', 'Mozilla/5.0 (compatible; x ') }) as {
        event: { user_agent: string }
      }
    ).event
    expect(user_agent).toHaveLength(1024)
    for (const input of ALMOST)
      expect(
        leastCpuMs(() => isbot(input.slice(0, 1024))),
        JSON.stringify(input.slice(0, 40)),
      ).toBeLessThan(SLOWEST_MS)
  })
})
