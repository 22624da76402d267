// How errors become groups: errors with the same fingerprint are one group. The rules are in docs/metrics.md.

// Matches the parts of an error message that a fingerprint ignores: quoted texts, UUIDs, hexadecimal IDs and
// numbers. Apostrophes within words are not treated as quotes.
const VARYING =
  String.raw`"[^"]*"|\B'[^']*'\B|` +
  '`[^`]*`' +
  String.raw`|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|\b(?:0x[0-9a-fA-F]+|[0-9a-fA-F]{8,})\b|\d+`
const URL = String.raw`\b[a-z][a-z0-9+.-]*://[^\s'")]+`

/**
 * The messages in which Chromium, Firefox and Safari say the same, as patterns of RE2. A message that matches one of
 * them counts as its name. `\1` is the text of its group.
 */
const WORDINGS: Record<string, readonly string[]> = {
  'property of undefined': [
    '^Cannot (?:read|set) propert.* of undefined',
    "^can't access property .* is undefined$",
    '^undefined is not an object',
    String.raw`^[\w$.]+ is undefined$`,
  ],
  'property of null': [
    '^Cannot (?:read|set) propert.* of null',
    "^can't access property .* is null$",
    '^null is not an object',
    String.raw`^[\w$.]+ is null$`,
  ],
  'not iterable': ['is not iterable', String.raw`is not a function \(near '`],
  'too much recursion': ['^Maximum call stack size exceeded', '^too much recursion$'],
  'invalid JSON': [
    'is not valid JSON',
    'JSON input$',
    'in JSON at position',
    '^JSON.parse: ',
    '^JSON Parse error: ',
  ],
  'request failed': ['^Failed to fetch', '^NetworkError when attempting to fetch', '^Load failed$'],
  'assignment to a constant': [
    '^Assignment to constant variable',
    '^invalid assignment to const ',
    '^Cannot assign to read only property ',
    ' is read-only$',
    '^Attempted to assign to readonly property',
  ],
  'used before initialization': [
    "^Cannot access '.*' before initialization$",
    "^can't access lexical declaration .* before initialization$",
    '^Cannot access uninitialized variable',
  ],
  'invalid array length': ['^[Ii]nvalid array length', '^Array size is not a small enough'],
  'invalid date': ['^Invalid time value$', '^[Ii]nvalid [Dd]ate'],
  'malformed URI': ['^URI malformed$', '^malformed URI sequence$', '^URI error$'],
  'invalid URL': ["^Failed to construct 'URL'", '^URL constructor: ', 'cannot be parsed as a URL'],
  'invalid selector': ['is not a valid selector', '^The string did not match the expected pattern'],
  'BigInt mixed with other types': [
    '^Cannot mix BigInt',
    "^can't convert BigInt to number",
    '^Invalid mix of BigInt',
  ],
  'class called without new': [
    "^Class constructor .* cannot be invoked without 'new'",
    "^class constructors must be invoked with 'new'",
    '^Cannot call a class constructor',
  ],
  'digits out of range': [
    String.raw`^to(?:Fixed|Precision|Exponential)\(\) (?:digits )?argument must be between`,
    '^precision .* out of range$',
  ],
}

/** Wordings that name what is concerned: the last name counts, unless it is as short as a minified one. */
const NAMED_WORDINGS: Record<string, string> = {
  'not a function': String.raw`([\w$]+)(?:\(\.\.\.\))? is not a function`,
  'not a constructor': String.raw`([\w$]+) is not a constructor`,
  'not defined': String.raw`^(?:Can't find variable: )?([\w$]+)(?: is not defined)?$`,
}
const IS_NOT_DEFINED = "^(?:Can't find variable: |[^ ]+ is not defined$)"
const SHORT_NAME_LENGTH = 2
/** Code right of this column is minified. */
const LAST_COLUMN = 200

const quote = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

const isAny = (patterns: readonly string[]) =>
  patterns.map((pattern) => `match(message, ${quote(pattern)})`).join(' OR ')

/** The name in a text, or `*` if it is short. */
const nameIn = (pattern: string) => {
  const name = `extract(message, ${quote(pattern)})`
  return `if(length(${name}) <= ${SHORT_NAME_LENGTH}, '*', ${name})`
}

const namedCase = (wording: string, condition: string) =>
  `${condition}, concat(${quote(`${wording}: `)}, ${nameIn(NAMED_WORDINGS[wording]!)})`

/** The message without what varies, in the words of one browser. */
const WORDING = `multiIf(
  ${Object.entries(WORDINGS)
    .map(([wording, patterns]) => `${isAny(patterns)}, ${quote(wording)}`)
    .join(',\n  ')},
  ${namedCase('not a function', `match(message, ${quote(NAMED_WORDINGS['not a function']!)})`)},
  ${namedCase('not a constructor', `match(message, ${quote(NAMED_WORDINGS['not a constructor']!)})`)},
  ${namedCase('not defined', `match(message, ${quote(IS_NOT_DEFINED)})`)},
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

/** Columns from which {@link FINGERPRINT} is computed, for rows of the table `events`. */
export const FINGERPRINT_COLUMNS = `
  JSONExtractString(properties, 'message') AS message,
  if(JSONExtractString(properties, 'type') = '', event_name, JSONExtractString(properties, 'type')) AS type,
  arrayFilter(text -> text != '', [${FRAMES.map((name) => `JSONExtractString(properties, '${name}')`).join(', ')}]) AS frames,
  arrayFirst(text -> position(text, concat('@', origin, '/')) > 0, frames) AS own,
  if(own = '', frames[1], own) AS frame,
  path(extract(frame, '@([^?#]*?)(?::[0-9]+)*$')) AS file,
  multiIf(${isHash(LONG_HASH)}, ${withoutHash(LONG_HASH)}, ${isHash(SHORT_HASH)}, ${withoutHash(SHORT_HASH)}, file) AS place,
  extract(frame, '^([^@]*)@') AS caller,
  if(length(caller) <= ${SHORT_NAME_LENGTH} OR toUInt32OrZero(extract(frame, ':([0-9]+)$')) > ${LAST_COLUMN}, '', caller) AS function,
  ${WORDING} AS wording`

/**
 * The fingerprint of an error. One without frames keeps the fingerprint that it had before events had frames, because
 * the statuses of groups are stored by it.
 */
export const FINGERPRINT = `lower(substring(hex(MD5(if(empty(frames),
  concat(type, '\\n', replaceRegexpAll(message, ${quote(VARYING)}, '*')),
  concat(if(wording = 'too much recursion', 'RangeError', type), '\\n', wording, '\\n', place, '\\n', function)))), 1, 16))`
