import { cutText, MAX_LABEL_LENGTH } from '@zenovay/tracker/contract'
import { memoize } from '../../cache.js'
import { type Source, sourceOfHost, sourceOfTag } from './known-sources.js'

/** All acquisition channels. docs/sources.md contains the rules that select a channel. */
export const CHANNELS = [
  'direct',
  'organic search',
  'paid search',
  'social',
  'paid social',
  'display',
  'paid',
  'ai',
  'email',
  'referral',
  'campaign',
] as const
export type Channel = (typeof CHANNELS)[number]

/** How a visitor reached a page. */
interface Acquisition {
  channel: Channel
  /** Name of the source, or an empty string for direct traffic. */
  source: string
  tags: Readonly<LinkTags>
}

const PAID_MEDIUM = /^paid|(^|[-_ ])(ads?|paid|cp[acmpv]|pp[cv]|sem|retargeting|remarketing)$/
const DISPLAY_MEDIUM = /^(display|banner|expandable|interstitial|programmatic|native)$/
const EMAIL_MEDIUM = /^(e[-_ ]?mail|newsletter|mailing|mail)$/
const SOCIAL_MEDIUM = /^(social([-_ ]?(media|network|post))?|sm)$/
const AI_MEDIUM = /^(ai|llm|chatbot|ai[-_ ]assistant)$/
const REFERRAL_MEDIUM = /^(referral|link|partner)$/

// A small cache suffices, because visitors reach most pages of a site in only a few ways. The cache takes at
// most 10 MB if all links have the maximum length.
const MAX_REMEMBERED = 2_000
const DIRECT_SOURCE: Source = { name: '', kind: undefined }

/**
 * Finds the source and channel of a pageview. `query` is the query string of the page. `referrer` is the host
 * or Android package of the linking page or app, an empty string if there is none, or {@link INTERNAL}.
 *
 * Campaign tags take precedence over the referrer, because mail clients and apps often send no referrer. A
 * paid click ID also takes precedence, because an ad can appear on any site. `ref` and `source` do not, because many
 * sites use these names for something else. A link within the site brings nobody, whatever its tags.
 */
export function findAcquisition({ query, referrer }: { query: string; referrer: string }): Acquisition {
  return referrer === INTERNAL ? NO_ACQUISITION : findByLink(`${referrer}?${query}`)
}

/** Stands for a referrer that is a page of the same site. No host and no package has this name. */
export const INTERNAL = '/'

const findByLink = memoize((link): Acquisition => {
  const separator = link.indexOf('?')
  const referrer = link.slice(0, separator)
  const parsed = parseTags(link.slice(separator + 1))
  const tags = referrer ? { ...parsed, ref: '' } : parsed
  const source = findSource(tags, referrer)
  return { channel: findChannel(tags, source), source: source.name, tags }
}, MAX_REMEMBERED)

function findSource({ utm_source, ref, clickId }: LinkTags, referrer: string): Source {
  if (utm_source) return sourceOfTag(utm_source)
  if (clickId?.paid) return sourceOfTag(clickId.source)
  if (referrer) return sourceOfHost(referrer)
  if (ref) return sourceOfTag(ref)
  return clickId ? sourceOfTag(clickId.source) : DIRECT_SOURCE
}

/** Finds the channel by the rules in docs/sources.md. The first matching rule applies. */
function findChannel(
  { utm_medium, utm_source, utm_campaign, ref, clickId }: LinkTags,
  { name, kind }: Source,
): Channel {
  const medium = utm_medium.toLowerCase()
  if (DISPLAY_MEDIUM.test(medium) || kind === 'ads') return 'display'
  if (PAID_MEDIUM.test(medium) || clickId?.paid)
    return kind === 'search' ? 'paid search' : kind === 'social' ? 'paid social' : 'paid'
  if (EMAIL_MEDIUM.test(medium)) return 'email'
  if (SOCIAL_MEDIUM.test(medium)) return 'social'
  if (AI_MEDIUM.test(medium)) return 'ai'
  if (medium === 'organic' || kind === 'search') return 'organic search'
  if (kind === 'social' || kind === 'ai' || kind === 'email') return kind
  if (REFERRAL_MEDIUM.test(medium)) return 'referral'
  if (medium || utm_source || utm_campaign || ref) return 'campaign'
  return name ? 'referral' : 'direct'
}

/** Campaign tags of a link. Absent texts are empty strings. */
interface LinkTags {
  utm_source: string
  utm_medium: string
  utm_campaign: string
  utm_term: string
  utm_content: string
  /** Value of the query parameter `ref` or `source`, which are alternatives to `utm_source`. */
  ref: string
  clickId: ClickId | undefined
}

// For comparison, Google Analytics truncates campaign names to 100 characters and ad names to 500.
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
const NO_ACQUISITION: Acquisition = { channel: 'direct', source: '', tags: NO_TAGS }

/**
 * Parses the campaign tags in a query string without its `?`. If a key occurs several times, its first value
 * that is not empty is used. A paid click ID takes precedence over any other click ID.
 */
export function parseTags(query: string): Readonly<LinkTags> {
  if (query === '') return NO_TAGS
  const tags = { ...NO_TAGS }
  for (const pair of query.split('&')) {
    const equals = pair.indexOf('=')
    if (equals < 1 || equals === pair.length - 1) continue
    const key = pair.slice(0, equals).toLowerCase()
    const utm = UTM_LENGTHS.get(key)
    if (utm) tags[utm[0]] ||= parseValue(pair, equals, utm[1])
    else if (key === 'ref' || key === 'source') tags.ref ||= parseValue(pair, equals, MAX_LABEL_LENGTH)
    else if (!tags.clickId?.paid) tags.clickId = CLICK_IDS.get(key) ?? tags.clickId
  }
  return tags
}

function parseValue(pair: string, equals: number, longest: number): string {
  const raw = pair.slice(equals + 1).replaceAll('+', ' ')
  return cutText(decode(raw).trim(), longest)
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // The text contains an incomplete escape sequence, for example because a link was truncated. Return the
    // text unchanged.
    return text
  }
}

/** A query parameter that a platform adds to its outgoing links. */
interface ClickId {
  /** A source name or alias from known-sources.ts. */
  source: string
  /** Whether the platform adds the parameter only to links in ads. */
  paid: boolean
}

const paid = (source: string): ClickId => ({ source, paid: true })
const free = (source: string): ClickId => ({ source, paid: false })

/**
 * Click IDs by query key in lower case. Facebook adds `fbclid` to every link, so this key does not indicate
 * an ad.
 */
export const CLICK_IDS: ReadonlyMap<string, ClickId> = new Map([
  ['gclid', paid('google')],
  ['gbraid', paid('google')],
  ['wbraid', paid('google')],
  ['gad_source', paid('google')],
  ['msclkid', paid('bing')],
  ['yclid', paid('yandex')],
  ['dclid', paid('google ads network')],
  ['ttclid', paid('tiktok')],
  ['twclid', paid('x')],
  ['li_fat_id', paid('linkedin')],
  ['rdt_cid', paid('reddit')],
  ['sccid', paid('snapchat')],
  ['epik', paid('pinterest')],
  ['tblci', paid('taboola')],
  ['dicbo', paid('outbrain')],
  ['fbclid', free('facebook')],
  ['igsh', free('instagram')],
  ['igshid', free('instagram')],
  ['ysclid', free('yandex')],
  ['srsltid', free('google')],
  ['mc_cid', free('mailchimp')],
  ['mc_eid', free('mailchimp')],
  ['_hsenc', free('hubspot')],
  ['_hsmi', free('hubspot')],
  ['_kx', free('klaviyo')],
])

// Chrome on Android sends this referrer if an app opened the link.
const ANDROID_APP = /^android-app:\/\/([\w.]{1,128})/

/** Returns the host without the port of an HTTP or HTTPS URL from {@link cleanReferrer} or `URL.origin`. */
export function hostOf(url: string): string {
  const start = url.indexOf('//') + 2
  const slash = url.indexOf('/', start)
  return url.slice(start, slash < 0 ? undefined : slash).replace(/:\d+$/, '')
}

/** Returns the package name from an `android-app://` referrer, or an empty string for any other referrer. */
export function appOf(referrer: string): string {
  return ANDROID_APP.exec(referrer)?.[1] ?? ''
}
