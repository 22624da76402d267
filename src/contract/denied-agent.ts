// The pattern matches anywhere in the string, so that generic clients (`curl/8`, `python-requests/2`) are
// refused in any context.
const DENIED_AGENT = /bot|crawler|spider|scraper|curl|wget|python|java\/|yandex/i

/** Whether the collector refuses events with this `user_agent`. */
export function isDeniedAgent(userAgent: string): boolean {
  return DENIED_AGENT.test(userAgent)
}
