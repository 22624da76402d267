import { remember } from '../remember.js'
import { sourceOfHost, sourceOfTag, type Source } from './find-source.js'
import { readTags, type LinkTags } from './read-tags.js'

/** The channels of reports; docs/sources.md says which visit belongs to which. */
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

/** How a visitor came to a page. */
export interface Acquisition {
  channel: Channel
  /** Name of the source; empty when it is direct. */
  source: string
  tags: Readonly<LinkTags>
}

const PAID_MEDIUM = /^paid|(^|[-_ ])(ads?|paid|cp[acmpv]|pp[cv]|sem|retargeting|remarketing)$/
const DISPLAY_MEDIUM = /^(display|banner|expandable|interstitial|programmatic|native)$/
const EMAIL_MEDIUM = /^(e[-_ ]?mail|newsletter|mailing|mail)$/
const SOCIAL_MEDIUM = /^(social([-_ ]?(media|network|post))?|sm)$/
const AI_MEDIUM = /^(ai|llm|chatbot|ai[-_ ]assistant)$/
const REFERRAL_MEDIUM = /^(referral|link|partner)$/

const DIRECT_SOURCE: Source = { name: '', kind: undefined }

/**
 * Finds source and channel of a page by its query and by `sender`: the host or Android package that linked to it, empty when
 * none did or it was the site itself.
 *
 * What the link says of itself wins over where it stood, because mail and apps hide that; a paid click id wins over the
 * host, because ads show on other people's pages.
 */
export function findAcquisition({ query, sender }: { query: string; sender: string }): Acquisition {
  return find(`${sender}?${query}`)
}

// Most pages of a site are reached in a few ways. At most 10 MB, when every link is as long as it may be.
const MAX_REMEMBERED = 2_000

const find = remember((link): Acquisition => {
  const mark = link.indexOf('?')
  const tags = readTags(link.slice(mark + 1))
  const source = findSource(tags, link.slice(0, mark))
  return { channel: findChannel(tags, source), source: source.name, tags }
}, MAX_REMEMBERED)

function findSource({ utm_source, ref, clickId }: LinkTags, sender: string): Source {
  const tag = utm_source || ref
  if (tag) return sourceOfTag(tag)
  if (clickId?.paid) return sourceOfTag(clickId.source)
  if (sender) return sourceOfHost(sender)
  return clickId ? sourceOfTag(clickId.source) : DIRECT_SOURCE
}

/** The first rule that fits, as docs/sources.md lists them. */
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
