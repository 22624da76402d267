/** Limits the requests to each destination host, across all webhooks: webhooks may be aimed at a host to harm it. */
export interface HostLimits {
  /** How many requests may start now. */
  free(host: string, now: number): number
  inFlight(host: string): number
  /** When the pace allows the next request; ms like `now`. */
  nextAt(host: string, now: number): number
  /** Counts a request from now until the returned function is called. */
  begin(host: string, now: number): () => void
}

export const MAX_CONCURRENT_PER_HOST = 8
/** In any second. */
const MAX_REQUESTS_PER_HOST_S = 100

// Evenly spaced, so that a crash interrupts few requests; burst and spacing together stay just below the limit of any second.
const BURST = 5
const SPACING_MS = 1000 / (MAX_REQUESTS_PER_HOST_S - BURST - 1)
const BURST_MS = (BURST - 1) * SPACING_MS
const MAX_IDLE_HOSTS = 10_000

interface Host {
  inFlight: number
  /** When the next request would start if all had been evenly spaced. */
  pacedTo: number
}

export function createHostLimits(): HostLimits {
  const hosts = new Map<string, Host>()

  const find = (name: string): Host => {
    let host = hosts.get(name)
    if (!host) hosts.set(name, (host = { inFlight: 0, pacedTo: -Infinity }))
    return host
  }

  /** Forgets idle hosts within their pace, which equal unknown ones. */
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
