import type { Flight } from '../egress/delivery-loop.js'
import type { Webhook } from './webhook.js'

/** In-memory state of the delivery queue of one webhook. */
interface Endpoint {
  id: string
  /** Host name of the webhook's URL. */
  host: string
  isActive: boolean
  /** Time at which the next delivery known to this process is due, or Infinity if no delivery is waiting. */
  dueAt: number
  flights: Set<Flight>
  /** Number of changes to the webhook that are in progress. No attempt starts during a change. */
  holds: number
  /** Whether the last attempt took longer than one second. */
  isSlow: boolean
}

/** Decides which endpoints may start delivery attempts. Endpoints are chosen in round-robin order. */
interface Endpoints {
  /**
   * Replaces the set of active webhooks. A webhook that has unfinished deliveries but no known due time
   * becomes due immediately.
   */
  update(webhooks: Pick<Webhook, 'id' | 'url' | 'backlog'>[]): void
  /** Returns the endpoint of a webhook. Creates an inactive endpoint if none exists. */
  ensure(id: string): Endpoint
  /** Returns the endpoints that may start attempts now, each with its maximum number of new attempts. */
  choose(now: number): { webhookId: string; limit: number }[]
  /**
   * Returns the earliest time at which another endpoint may start an attempt. Returns Infinity if this time
   * is unknown, for example because a running attempt must end first.
   */
  nextAt(now: number): number
  /** Records an attempt as in flight until the returned function is called. */
  begin(endpoint: Endpoint, flight: Flight, now: number): () => void
}

const MAX_CONCURRENT_PER_ENDPOINT = 4
const MAX_CONCURRENT = 64
// Slow endpoints may use only half of all concurrent attempts, so that they cannot delay the fast endpoints.
const MAX_CONCURRENT_SLOW = 32

export function createEndpoints(limits: HostLimits): Endpoints {
  // The map keeps the endpoints in round-robin order.
  const endpoints = new Map<string, Endpoint>()
  let [inFlight, slowInFlight] = [0, 0]

  const ensure = (id: string): Endpoint => {
    let endpoint = endpoints.get(id)
    if (!endpoint)
      endpoints.set(
        id,
        (endpoint = {
          id,
          host: '',
          isActive: false,
          dueAt: Infinity,
          flights: new Set(),
          holds: 0,
          isSlow: false,
        }),
      )
    return endpoint
  }
  const mayStart = ({ isActive, holds, flights }: Endpoint) =>
    isActive && holds === 0 && flights.size < MAX_CONCURRENT_PER_ENDPOINT
  const isCrowded = ({ isSlow }: Endpoint) => isSlow && slowInFlight >= MAX_CONCURRENT_SLOW

  return {
    ensure,
    update(webhooks) {
      const active = new Set(webhooks.map(({ id }) => id))
      for (const endpoint of endpoints.values()) {
        endpoint.isActive = active.has(endpoint.id)
        if (!endpoint.isActive && endpoint.flights.size === 0 && endpoint.holds === 0)
          endpoints.delete(endpoint.id)
      }
      for (const { id, url, backlog } of webhooks) {
        const endpoint = ensure(id)
        endpoint.host = new URL(url).hostname
        endpoint.isActive = true
        if (backlog > 0 && endpoint.dueAt === Infinity) endpoint.dueAt = -Infinity
      }
    },
    choose(now) {
      const chosen: ReturnType<Endpoints['choose']> = []
      const taken = new Map<string, number>()
      let [free, slowFree] = [MAX_CONCURRENT - inFlight, MAX_CONCURRENT_SLOW - slowInFlight]
      for (const endpoint of endpoints.values()) {
        if (free <= 0) break
        if (endpoint.dueAt > now || !mayStart(endpoint)) continue
        const { host, isSlow, flights } = endpoint
        const hostFree = limits.free(host, now) - (taken.get(host) ?? 0)
        const limit = Math.min(
          MAX_CONCURRENT_PER_ENDPOINT - flights.size,
          hostFree,
          free,
          isSlow ? slowFree : Infinity,
        )
        if (limit <= 0) continue
        chosen.push({ webhookId: endpoint.id, limit })
        taken.set(host, (taken.get(host) ?? 0) + limit)
        free -= limit
        if (isSlow) slowFree -= limit
      }
      for (const { webhookId } of chosen) {
        const endpoint = endpoints.get(webhookId)!
        endpoints.delete(webhookId)
        endpoints.set(webhookId, endpoint)
      }
      return chosen
    },
    nextAt(now) {
      if (inFlight >= MAX_CONCURRENT) return Infinity
      let next = Infinity
      for (const endpoint of endpoints.values()) {
        if (endpoint.dueAt === Infinity || !mayStart(endpoint) || isCrowded(endpoint)) continue
        // Skip a host at its concurrency limit, because the end of a running attempt cannot be predicted.
        if (limits.inFlight(endpoint.host) >= MAX_CONCURRENT_PER_HOST) continue
        next = Math.min(next, Math.max(endpoint.dueAt, limits.nextAt(endpoint.host, now)))
      }
      return next
    },
    begin(endpoint, flight, now) {
      const { isSlow } = endpoint
      const endAtHost = limits.begin(endpoint.host, now)
      endpoint.flights.add(flight)
      inFlight++
      if (isSlow) slowInFlight++
      return () => {
        endAtHost()
        endpoint.flights.delete(flight)
        inFlight--
        if (isSlow) slowInFlight--
      }
    },
  }
}

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
