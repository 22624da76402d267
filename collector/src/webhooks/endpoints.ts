import type { Flight } from '../egress/delivery-loop.js'
import type { Webhook } from './webhook.js'

/** In-memory state of a webhook's queue. */
interface Endpoint {
  id: string
  /** Host name of its URL. */
  host: string
  isActive: boolean
  /** The time when its next delivery is due, as far as known; Infinity when none waits. */
  dueAt: number
  flights: Set<Flight>
  /** Changes under way, during which no attempt starts. */
  holds: number
  /** Whether its last attempt was slow. */
  isSlow: boolean
}

/** Endpoints in a ring: the one served last moves to the end. */
interface Endpoints {
  /** Replaces the active webhooks; new ones count as due. */
  update(webhooks: Pick<Webhook, 'id' | 'url' | 'backlog'>[]): void
  /** Finds or adds an endpoint, which may be inactive. */
  ensure(id: string): Endpoint
  /** Selects the endpoints that may start attempts now, and the number of attempts of each. */
  choose(now: number): { webhookId: string; limit: number }[]
  /** The time when {@link choose} may return more because time passed; Infinity means never. */
  nextAt(now: number): number
  /** Counts an attempt from now until the returned function is called. */
  begin(endpoint: Endpoint, flight: Flight, now: number): () => void
}

const MAX_CONCURRENT_PER_ENDPOINT = 4
const MAX_CONCURRENT = 64
// Slow endpoints share half of all attempts, so that any number of them does not delay the others.
const MAX_CONCURRENT_SLOW = 32

export function createEndpoints(limits: HostLimits): Endpoints {
  // The endpoints are in ring order.
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
        // A full host frees up when an attempt ends, not at a time.
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
 * Limits the requests to each destination host, across all webhooks: webhooks may be aimed at a host to harm
 * it.
 */
export interface HostLimits {
  /** The number of requests that may start now. */
  free(host: string, now: number): number
  inFlight(host: string): number
  /** The time when the pace allows the next request; ms like `now`. */
  nextAt(host: string, now: number): number
  /** Counts a request from now until the returned function is called. */
  begin(host: string, now: number): () => void
}

export const MAX_CONCURRENT_PER_HOST = 8
/** Maximum number of requests in any second. */
const MAX_REQUESTS_PER_HOST_S = 100

// The requests are evenly spaced, so that a crash interrupts few of them; burst and spacing together stay
// just below the limit of any second.
const BURST = 5
const SPACING_MS = 1000 / (MAX_REQUESTS_PER_HOST_S - BURST - 1)
const BURST_MS = (BURST - 1) * SPACING_MS
const MAX_IDLE_HOSTS = 10_000

interface Host {
  inFlight: number
  /** The time when the next request would start if all had been evenly spaced. */
  pacedTo: number
}

export function createHostLimits(): HostLimits {
  const hosts = new Map<string, Host>()

  const find = (name: string): Host => {
    let host = hosts.get(name)
    if (!host) hosts.set(name, (host = { inFlight: 0, pacedTo: -Infinity }))
    return host
  }

  /** Removes hosts without requests in flight or pacing delay: an unknown host has the same state. */
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
