import type { Site } from '../../control/sites.js'

/** Whether a browser's `Origin` may send events to a site: its domain, a sub-domain, or one of its list. No origin is a server's call. */
export function isAllowedOrigin(origin: string | undefined, site: Site): boolean {
  if (origin === undefined) return true
  if (!URL.canParse(origin)) return false
  return isSiteHost(new URL(origin).hostname, site)
}

/** Whether a host is the site's domain, of its list, or a sub-domain of one. */
export function isSiteHost(hostname: string, site: Site): boolean {
  return [site.domain, ...site.allowedDomains].some(
    (domain) => hostname === domain || hostname.endsWith(`.${domain}`),
  )
}
