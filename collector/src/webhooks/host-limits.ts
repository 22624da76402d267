/**
 * Limits the concurrent requests and the request rate of each destination host, across all webhooks. Without
 * this limit, many webhooks could be used to overload a host.
 */
export interface HostLimits {
  /** Returns the number of requests to the host that may start now. */
  free(host: string, now: number): number
  inFlight(host: string): number
  /** Returns the earliest time at which the rate limit allows another request to the host. */
  nextAt(host: string, now: number): number
  /** Counts a request as in flight until the returned function is called. */
  begin(host: string, now: number): () => void
}

export const MAX_CONCURRENT_PER_HOST = 8
/** Maximum number of requests to one host within any second. */
const MAX_REQUESTS_PER_HOST_S = 100

// Requests are spaced evenly, so that a crash interrupts only a few of them. A burst and the requests that
// follow it stay below the limit for any second.
const BURST = 5
const SPACING_MS = 1000 / (MAX_REQUESTS_PER_HOST_S - BURST - 1)
const BURST_MS = (BURST - 1) * SPACING_MS
const MAX_IDLE_HOSTS = 10_000

interface Host {
  inFlight: number
  /** Start time of the next request if all requests were evenly spaced. */
  pacedTo: number
}

export function createHostLimits(): HostLimits {
  const hosts = new Map<string, Host>()

  const find = (name: string): Host => {
    let host = hosts.get(name)
    if (!host) hosts.set(name, (host = { inFlight: 0, pacedTo: -Infinity }))
    return host
  }

  /** Removes idle hosts if the map is too large. A host that is missing from the map is treated as idle. */
  const sweep = (now: number) => {
    if (hosts.size <= MAX_IDLE_HOSTS) return
    for (const [name, host] of hosts) if (host.inFlight === 0 && host.pacedTo <= now) hosts.delete(name)
  }

  return {
    free(name, now) {
      const { inFlight, pacedTo } = hosts.get(name) ?? { inFlight: 0, pacedTo: -Infinity }
      const ahead = Math.max(0, pacedTo - now)
      const paced = ahead > BURST_MS ? 0 : Math.floor((BURST_MS - ahead) / SPACING_MS) + 1
      return Math.max(0, Math.min(MAX_CONCURRENT_PER_HOST - inFlight, paced))
    },
    inFlight: (name) => hosts.get(name)?.inFlight ?? 0,
    nextAt: (name, now) => Math.max(now, (hosts.get(name)?.pacedTo ?? -Infinity) - BURST_MS),
    begin(name, now) {
      sweep(now)
      const host = find(name)
      host.inFlight++
      host.pacedTo = Math.max(host.pacedTo, now) + SPACING_MS
      return () => void host.inFlight--
    },
  }
}
