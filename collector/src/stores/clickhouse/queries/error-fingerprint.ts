// How errors become groups: errors with the same fingerprint are one group. The rules are in docs/metrics.md.

import { NAMED_WORDINGS, WORDINGS } from './error-wordings.js'

// Matches the parts of an error message that a fingerprint ignores: quoted texts, UUIDs, hexadecimal IDs and
// numbers. Apostrophes within words are not treated as quotes.
const VARYING =
  String.raw`"[^"]*"|\B'[^']*'\B|` +
  '`[^`]*`' +
  String.raw`|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|\b(?:0x[0-9a-fA-F]+|[0-9a-fA-F]{8,})\b|\d+`
const URL = String.raw`\b[a-z][a-z0-9+.-]*://[^\s'")]+`

/** Names as short as that are those of a minifier. */
const SHORT_NAME_LENGTH = 2
/** A file with code right of this column is minified. */
const LAST_COLUMN = 200

const NAMED = Object.entries(NAMED_WORDINGS)

const quote = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

const isAny = (patterns: readonly string[]) => `match(message, ${quote(patterns.join('|'))})`

/** The name, or `*` if it is short. */
const orStar = (name: string) => `if(length(${name}) <= ${SHORT_NAME_LENGTH}, '*', ${name})`

/** The condition and the value of a wording that names what is concerned. */
const namedCase = ([wording, { matches, names }]: (typeof NAMED)[number]) => {
  const found = names.map((pattern) => `nullIf(extract(message, ${quote(pattern)}), '')`)
  const name = `coalesce(${found.join(', ')}, '')`
  return `${isAny([matches])}, concat(${quote(`${wording}: `)}, ${orStar(name)})`
}

/** The message without what varies, in the words of one browser. */
const WORDING = `multiIf(
  ${Object.entries(WORDINGS)
    .map(([wording, patterns]) => `${isAny(patterns)}, ${quote(wording)}`)
    .join(',\n  ')},
  ${NAMED.map(namedCase).join(',\n  ')},
  replaceRegexpAll(replaceRegexpAll(message, ${quote(URL)}, '*'), ${quote(VARYING)}, '*'))`

// The part of a file name that bundlers derive from the content: 8 and more hexadecimal or alphanumeric characters, or
// 8 that may include hyphens. Words have no digits and no mixed case.
const LONG_HASH = String.raw`[.-]([0-9A-Za-z_]{8,})\.\w+$`
const SHORT_HASH = String.raw`[.-]([0-9A-Za-z_-]{8})\.\w+$`
const isHash = (pattern: string) => {
  const text = `extract(file, ${quote(pattern)})`
  return `(match(${text}, '[0-9]') OR (match(${text}, '[a-z]') AND match(${text}, '[A-Z]')))`
}
const withoutHash = (pattern: string) => `replaceRegexpOne(file, ${quote(pattern)}, '*')`

/** Maximum number of frames of an event. */
export const FRAMES = Array.from({ length: 10 }, (_, index) => `frame_${index + 1}`)

/**
 * Columns from which {@link FINGERPRINT} is computed, for rows of the table `events`. The constructor of the error's own
 * class is no place: only Firefox lists it where the class does not spell it out.
 */
export const FINGERPRINT_COLUMNS = `
  JSONExtractString(properties, 'message') AS message,
  if(JSONExtractString(properties, 'type') = '', event_name, JSONExtractString(properties, 'type')) AS type,
  arrayFilter(text -> text != '', [${FRAMES.map((name) => `JSONExtractString(properties, '${name}')`).join(', ')}]) AS frames,
  arrayFirst(text -> position(text, concat('@', origin, '/')) > 0 AND NOT startsWith(text, concat(type, '@')), frames) AS own,
  if(own = '', frames[1], own) AS frame,
  extract(frame, '@([^?#]*?)(?::[0-9]+)*$') AS frame_url,
  path(frame_url) AS file,
  multiIf(${isHash(LONG_HASH)}, ${withoutHash(LONG_HASH)}, ${isHash(SHORT_HASH)}, ${withoutHash(SHORT_HASH)}, file) AS place,
  extract(frame, '^([^@]*)@') AS caller,
  arrayExists(text -> position(text, concat('@', frame_url)) > 0 AND toUInt32OrZero(extract(text, ':([0-9]+)$')) > ${LAST_COLUMN}, frames) AS is_minified,
  if(is_minified OR length(caller) <= ${SHORT_NAME_LENGTH}, '', caller) AS function,
  ${WORDING} AS wording`

/**
 * The fingerprint of an error. One without frames keeps the fingerprint that it had before events had frames, because
 * the statuses of groups are stored by it.
 */
export const FINGERPRINT = `lower(substring(hex(MD5(if(empty(frames),
  concat(type, '\\n', replaceRegexpAll(message, ${quote(VARYING)}, '*')),
  concat(if(wording = 'too much recursion', 'RangeError', ${orStar('type')}), '\\n', wording, '\\n', place, '\\n', function)))), 1, 16))`
