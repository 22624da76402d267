// The ingest contract's own list. It is matched anywhere in the string, so that generic clients
// (`curl/8`, `python-requests/2`) are refused whatever stands around their name.
const DENIED_AGENT = /bot|crawler|spider|scraper|curl|wget|python|java\/|yandex/i

/** Whether the ingest contract refuses this `user_agent` outright. */
export function isDeniedAgent(userAgent: string): boolean {
  return DENIED_AGENT.test(userAgent)
}
