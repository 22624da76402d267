import { isDeniedAgent } from '@zenovay/tracker/contract'
import { isbot } from 'isbot'
import type { Site } from '../stores/control-store.js'

/** Whether a browser's `Origin` may send events to a site: its domain, a sub-domain, or one of its list. No origin is a server's call. */
export function isAllowedOrigin(origin: string | undefined, site: Site): boolean {
  if (origin === undefined) return true
  if (!URL.canParse(origin)) return false
  return isSiteHost(new URL(origin).hostname, site)
}

/** Whether a host is the site's domain, of its list, or a sub-domain of one. */
export function isSiteHost(hostname: string, site: Site): boolean {
  return [site.domain, ...site.allowedDomains].some((domain) => hostname === domain || hostname.endsWith(`.${domain}`))
}

const MAX_VERDICTS = 5_000
const verdicts = new Map<string, boolean>()

/**
 * Whether the `user_agent` of an event is a bot's. The request's own header is never judged.
 *
 * `isbot` is asked only about strings that claim to be a browser: alone it refuses `MyApp-Server/1.0`,
 * which is what a server is told to call itself. Its verdicts are kept, because few browsers make most of
 * the traffic and its expression is a long one.
 */
export function isBotAgent(userAgent: string): boolean {
  const known = verdicts.get(userAgent)
  if (known !== undefined) return known
  const verdict = isDeniedAgent(userAgent) || (userAgent.startsWith('Mozilla/') && isbot(userAgent))
  if (verdicts.size >= MAX_VERDICTS) verdicts.clear()
  verdicts.set(userAgent, verdict)
  return verdict
}
