// The pattern matches anywhere in the string, so that generic clients such as `curl/8` and
// `python-requests/2` are rejected even inside a longer user agent.
const DENIED_AGENT = /bot|crawler|spider|scraper|curl|wget|python|java\/|yandex/i

/** Whether the collector rejects events with this `user_agent`. */
export function isDeniedAgent(userAgent: string): boolean {
  return DENIED_AGENT.test(userAgent)
}
