import { MAX_LABEL_LENGTH } from '@zenovay/tracker/contract'
import { CLICK_IDS, type ClickId } from './click-ids.js'

/** What the query of a link says about how it came to be clicked. Absent texts are empty. */
export interface LinkTags {
  utm_source: string
  utm_medium: string
  utm_campaign: string
  utm_term: string
  utm_content: string
  /** `ref` or `source`: what links without `utm_source` are tagged with. */
  ref: string
  clickId: ClickId | undefined
}

// Google Analytics cuts campaigns at 100 characters, names of ads at 500.
const MAX_CAMPAIGN_LENGTH = 200
type Utm = Exclude<keyof LinkTags, 'ref' | 'clickId'>
const UTM_LENGTHS: ReadonlyMap<string, [key: Utm, longest: number]> = new Map([
  ['utm_source', ['utm_source', MAX_LABEL_LENGTH]],
  ['utm_medium', ['utm_medium', MAX_LABEL_LENGTH]],
  ['utm_campaign', ['utm_campaign', MAX_CAMPAIGN_LENGTH]],
  ['utm_term', ['utm_term', MAX_CAMPAIGN_LENGTH]],
  ['utm_content', ['utm_content', MAX_CAMPAIGN_LENGTH]],
])
const NO_TAGS: Readonly<LinkTags> = {
  utm_source: '',
  utm_medium: '',
  utm_campaign: '',
  utm_term: '',
  utm_content: '',
  ref: '',
  clickId: undefined,
}

/** Reads the tags of a query (without its `?`). The first of a key counts, and a paid click id over any other. */
export function readTags(query: string): Readonly<LinkTags> {
  if (query === '') return NO_TAGS
  const tags = { ...NO_TAGS }
  for (const pair of query.split('&')) {
    const equals = pair.indexOf('=')
    if (equals < 1 || equals === pair.length - 1) continue
    const key = pair.slice(0, equals).toLowerCase()
    const utm = UTM_LENGTHS.get(key)
    if (utm) tags[utm[0]] ||= readValue(pair, equals, utm[1])
    else if (key === 'ref' || key === 'source') tags.ref ||= readValue(pair, equals, MAX_LABEL_LENGTH)
    else if (!tags.clickId?.paid) tags.clickId = CLICK_IDS.get(key) ?? tags.clickId
  }
  return tags
}

function readValue(pair: string, equals: number, longest: number): string {
  const raw = pair.slice(equals + 1).replaceAll('+', ' ')
  return decode(raw).trim().slice(0, longest).toWellFormed()
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // Half an escape, as of a link that was cut: better as it is than not at all.
    return text
  }
}
