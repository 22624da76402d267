import type { Properties, ValidEvent } from '@zenovay/tracker/contract'
import { cleanPath, cleanReferrer, hidePersonalData, removeSecretValues } from './redact-url.js'

// Names of the custom events that the tracker sends by itself. Their texts come from pages, not from the site's code.
const CAPTURED_NAMES = new Set([
  'outbound_click',
  'file_download',
  'contact_click',
  'form_submit',
  'copy',
  'video_progress',
  'rage_click',
  'dead_click',
  'not_found',
  'view',
])
const CAPTURED_TYPES = new Set(['engagement', 'performance', 'error'])
// Properties of these events with URLs or texts of a page.
const PAGE_TEXT =
  /^(?:url|referrer|action|file|text|title|label|selector|form|name|id|message|cause|frame_\d+|[a-z]{2,5}_element)$/

/**
 * Returns the properties of an event to store. Of events that the tracker captures, secrets and personal data are
 * removed from URLs, texts, messages and frames, because the site did not choose to send them. All other properties
 * are the site's own data and stay as they are.
 */
export function cleanProperties({ event_type, event_name, properties }: ValidEvent): Properties {
  const isCaptured =
    CAPTURED_TYPES.has(event_type) || (event_type === 'custom' && CAPTURED_NAMES.has(event_name ?? ''))
  if (!isCaptured) return properties
  return Object.fromEntries(
    Object.entries(properties).map(([key, value]) => [
      key,
      typeof value === 'string' && PAGE_TEXT.test(key) ? cleanText(value) : value,
    ]),
  )
}

// What may surround a URL in a text, such as quotes, or the parentheses in a frame of V8.
const WORD = /[^\s"'`<>()]+/g

/**
 * Removes secrets and personal data from a text: by the rules of paths, and from each URL and `key=value` in it by the
 * rules of URLs.
 */
export function cleanText(text: string): string {
  // Words come first: an email rule would mistake the user info of a URL for an address and keep its first half.
  return hidePersonalData(text.replace(WORD, cleanWord))
}

// The bounded quantifier lets the expression run in linear time.
const SCHEME = /[a-z][a-z\d+.-]{0,20}:\/\//i

function cleanWord(word: string): string {
  const start = word.search(SCHEME)
  if (start > 0) return cleanRelative(word.slice(0, start)) + cleanAddress(word.slice(start))
  return start === 0 ? cleanAddress(word) : cleanRelative(word)
}

// Line and column behind the URL of a frame.
const PLACE = /(?::\d{1,10}){1,2}$/

function cleanAddress(word: string): string {
  const place = PLACE.exec(word)?.[0] ?? ''
  const url = word.slice(0, word.length - place.length)
  return (cleanReferrer(url) || cleanRelative(url.replace(/\/\/[^/?#]*@/, '//'))) + place
}

/** Cleans a word that is not an HTTP URL, such as a path, a query, or a word of a sentence. */
function cleanRelative(word: string): string {
  const [beforeFragment = '', fragment = ''] = splitAt(word, '#')
  const [path, query] = splitAt(beforeFragment, '?')
  const isPair = query === '' && path.includes('=')
  return (
    (isPair ? removeSecretValues(path) : cleanPath(path)) +
    (query && `?${removeSecretValues(query.slice(1))}`) +
    // A fragment may hold login tokens in the form of a query.
    (fragment && `#${removeSecretValues(fragment.slice(1))}`)
  )
}

/** Splits a text before the first occurrence of a character. */
function splitAt(text: string, character: string): [string, string] {
  const index = text.indexOf(character)
  return index < 0 ? [text, ''] : [text.slice(0, index), text.slice(index)]
}
