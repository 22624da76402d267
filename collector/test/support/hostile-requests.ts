import { readFileSync, readdirSync } from 'node:fs'
import fc from 'fast-check'
import { makeEvent } from './make-event.js'

export interface HostileRequest {
  body: string
  contentType: string
  headers: Record<string, string>
  /** Undefined for the code of the site. */
  code: string | undefined
}

interface SavedCase {
  name: string
  body?: string
  /** A text and its number of repetitions, for bodies too long to save. */
  repeat?: [text: string, times: number]
  then?: [text: string, times: number]
}

const FOLDER = new URL('../fixtures/hostile/', import.meta.url)

/** Saved bodies: anticipated ones, and those that once broke something. */
export const SAVED_BODIES = readdirSync(FOLDER).flatMap((file) =>
  (JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as SavedCase[]).map(
    ({ name, body, repeat = ['', 0], then = ['', 0] }) => ({
      name,
      body: body ?? repeat[0].repeat(repeat[1]) + then[0].repeat(then[1]),
    }),
  ),
)

const FIELDS = [
  'session_id',
  'visitor_id',
  'url',
  'device_type',
  'browser',
  'os',
  'user_agent',
  'event_type',
  'event_name',
  'properties',
  'referrer',
  'title',
  'language',
  'screen',
  'timezone',
  'user_id',
  'event_id',
  'age_ms',
  'cookieless',
  'gpc',
  'retry',
  '__proto__',
  'constructor',
  'toString',
  'utm_source',
]
const KEYS = ['__proto__', 'constructor', 'prototype', 'toString', 'a', '', 'x'.repeat(41)]

// Words that break parsers, stores, logs and terminals.
const WORDS = [
  '\u0000',
  '\n',
  '\r\n',
  '\u001b[2J',
  '\u009b31m',
  '\u2028',
  '\ud800',
  '\udc00',
  '"',
  '\\',
  "'",
  '`',
  '{',
  '[',
  '<script>',
  '%',
  '%zz',
  '%00',
  '../',
  '__proto__',
  '界',
  '😀',
  'bot',
  'Mozilla/5.0 ',
  'https://example.com/',
  'javascript:',
  'NaN',
  '1e999',
  '=cmd|',
  ' ',
]
const text = fc.oneof(
  fc.array(fc.constantFrom(...WORDS), { maxLength: 12 }).map((words) => words.join('')),
  fc
    .tuple(fc.constantFrom(...WORDS), fc.constantFrom(8, 64, 128, 500, 2048, 3000))
    .map(([word, times]) => word.repeat(Math.ceil(times / word.length))),
  fc.string({ unit: 'binary', maxLength: 40 }),
)
const url = text.map((end) => `https://example.com/${end}`)
const scalar = fc.oneof(text, url, fc.double(), fc.integer(), fc.boolean(), fc.constant(null))
const value = fc.oneof(
  { weight: 6, arbitrary: scalar },
  { weight: 1, arbitrary: fc.array(scalar, { maxLength: 3 }) },
  {
    weight: 2,
    arbitrary: fc
      .array(fc.tuple(fc.oneof(text, fc.constantFrom(...KEYS)), scalar), { maxLength: 35 })
      .map((entries) => Object.fromEntries(entries)),
  },
)

// A valid event with some fields replaced: most of them reach the later stages.
const changed = fc
  .oneof({ weight: 3, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.constant(5) })
  .chain((maxLength) => fc.array(fc.tuple(fc.constantFrom(...FIELDS), value), { maxLength }))
  .chain((changes) => fc.tuple(fc.constant(changes), url, text))
  .map(([changes, page, title]) => ({
    ...makeEvent({ url: page.slice(0, 2000), title }),
    ...Object.fromEntries(changes),
  }))
// As text, so that `__proto__` becomes a key of the result instead of the prototype of an object here.
const json = (thing: unknown) => JSON.stringify(thing)
const event = fc.oneof(
  { weight: 5, arbitrary: changed.map(json) },
  { weight: 1, arbitrary: fc.json({ maxDepth: 7 }) },
  {
    weight: 1,
    arbitrary: value.map(
      (entry) => `{"__proto__":${json(entry)},"constructor":{"prototype":{"polluted":true}}}`,
    ),
  },
)
const batch = fc.array(event, { maxLength: 33 }).map((events) => `[${events.join(',')}]`)
const damaged = fc
  .tuple(event, fc.nat(), fc.oneof(text, fc.constantFrom(']', '}', ',', ':', '[[[[[[')))
  .map(
    ([whole, at, word]) =>
      whole.slice(0, at % (whole.length + 1)) + word + whole.slice((at % (whole.length + 1)) + 1),
  )

const body = fc.oneof(
  { weight: 5, arbitrary: event },
  { weight: 2, arbitrary: batch },
  { weight: 2, arbitrary: damaged },
  { weight: 1, arbitrary: fc.constantFrom(...SAVED_BODIES.map((saved) => saved.body)) },
  { weight: 1, arbitrary: text },
)

// Characters allowed in a header.
const headerText = text.map((line) => line.replace(/[^\x20-\x7e]/g, '?').slice(0, 200))

/** Any request to the ingest endpoint. */
export const hostileRequest: fc.Arbitrary<HostileRequest> = fc.record({
  body,
  contentType: fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom('text/plain', 'application/json', 'text/plain;charset=UTF-8') },
    {
      weight: 1,
      arbitrary: fc.constantFrom('application/xml', 'nonsense', 'multipart/form-data; boundary=x', ''),
    },
  ),
  headers: fc.record(
    {
      origin: fc.oneof(
        { weight: 1, arbitrary: headerText },
        { weight: 1, arbitrary: fc.constantFrom('null', 'https://evil.example') },
        { weight: 6, arbitrary: fc.constant('https://example.com') },
      ),
      'accept-language': headerText,
      'user-agent': headerText,
      referer: headerText,
    },
    { requiredKeys: [] },
  ),
  code: fc.oneof(
    { weight: 12, arbitrary: fc.constant(undefined) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('ZV_OTHER', '__proto__', 'heartbeat', '%00', 'ZV_%0A', 'a'.repeat(199)),
    },
  ),
})
