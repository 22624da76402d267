import { OPAQUE_ORIGIN, type Site } from '../../control/sites.js'
import { ApiError } from '../../errors.js'

/** Throws `ORIGIN_NOT_ALLOWED` if {@link isAllowedOrigin} returns false for the `Origin` header. */
export function assertAllowedOrigin(origin: string | undefined, site: Site): void {
  if (!isAllowedOrigin(origin, site)) throw new ApiError('ORIGIN_NOT_ALLOWED')
}

/**
 * Checks whether a request with this `Origin` header may send events to a site. Requests without the header
 * come from servers and are allowed. An opaque origin does not identify its page, so a site must allow it
 * explicitly.
 */
export function isAllowedOrigin(origin: string | undefined, site: Site): boolean {
  if (origin === undefined) return true
  if (origin === OPAQUE_ORIGIN) return site.allowedDomains.includes(OPAQUE_ORIGIN)
  if (!URL.canParse(origin)) return false
  return isSiteHost(new URL(origin).hostname, site)
}

/** Checks whether a host is the site's domain, one of its allowed domains, or a subdomain of one of these. */
export function isSiteHost(hostname: string, site: Site): boolean {
  return [site.domain, ...site.allowedDomains].some(
    (domain) => hostname === domain || hostname.endsWith(`.${domain}`),
  )
}
