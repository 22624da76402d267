import type { Flight } from '../egress/delivery-loop.js'
import { type HostLimits, MAX_CONCURRENT_PER_HOST } from './host-limits.js'
import type { Webhook } from './webhook.js'

/**
 * How long the last attempt of an endpoint took: `slow` is more than a second, and `unknown` is before the
 * first attempt has ended.
 */
type Pace = 'unknown' | 'fast' | 'slow'

/** Numbers of attempts in flight, by the pace of their endpoints when the attempts started. */
type Counts = Record<Pace, number>

/** In-memory state of the delivery queue of one webhook. */
interface Endpoint {
  id: string
  /** Host name of the webhook's URL. */
  host: string
  /** The account of the webhook, or undefined until the webhook is known. */
  account: Account | undefined
  isActive: boolean
  /** Time at which the next delivery known to this process is due, or Infinity if no delivery is waiting. */
  dueAt: number
  flights: Set<Flight>
  /** Number of changes to the webhook that are in progress. No attempt starts during a change. */
  holds: number
  pace: Pace
}

interface Account {
  inFlight: Counts
  /** Number of attempts in flight by host, without zeros. */
  hosts: Map<string, number>
  /** The endpoints of the account in round-robin order. */
  endpoints: Set<Endpoint>
}

/**
 * Decides which endpoints may start delivery attempts. Places are given out in round-robin order, first by
 * account and then by the endpoints of an account, so that the number of endpoints of an account does not
 * delay other accounts.
 */
interface Endpoints {
  /**
   * Replaces the set of active webhooks. A webhook that has unfinished deliveries but no known due time
   * becomes due immediately.
   */
  update(webhooks: Pick<Webhook, 'id' | 'accountId' | 'url' | 'backlog'>[]): void
  /**
   * Returns the endpoint of a webhook. Creates an inactive endpoint if none exists. If `webhook` is given,
   * the endpoint gets its account and host.
   */
  ensure(id: string, webhook?: Pick<Webhook, 'accountId' | 'url'>): Endpoint
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

export const MAX_CONCURRENT_PER_ENDPOINT = 4

/** Limits of concurrent attempts, in total and by the pace of their endpoints. */
type Limits = Counts & { total: number }

// An attempt occupies its place for up to five seconds. A place that is lent to a slow endpoint can therefore
// not be returned when somebody else needs it, and unused places must stay free.
//
// Slow endpoints get half of all places, so that they cannot delay the fast ones. Endpoints of unknown pace
// may turn out to be slow, and get half of the rest: enough for 16 to prove themselves at the same time, and
// a quarter of all places always remains for endpoints that are known to be fast.
export const LIMITS: Limits = { total: 64, slow: 32, unknown: 16, fast: 64 }
// An account gets a quarter of each of these limits. However many endpoints it has and however they behave,
// three quarters remain for the others. 16 places are four endpoints at their own limit, or 160 deliveries per
// second to endpoints that respond within 100 ms.
export const LIMITS_OF_ACCOUNT: Limits = { total: 16, slow: 8, unknown: 4, fast: 16 }
// Several accounts may have webhooks at the same host, such as an automation service. One of them gets half
// of the places there.
const MAX_CONCURRENT_PER_HOST_AND_ACCOUNT = MAX_CONCURRENT_PER_HOST / 2

const noCounts = (): Counts => ({ unknown: 0, fast: 0, slow: 0 })
const sum = ({ unknown, fast, slow }: Counts) => unknown + fast + slow
const hasPlace = (inFlight: Counts, limits: Limits, pace: Pace) =>
  sum(inFlight) < limits.total && inFlight[pace] < limits[pace]

export function createEndpoints(limits: HostLimits): Endpoints {
  const endpoints = new Map<string, Endpoint>()
  // The map keeps the accounts in round-robin order.
  const accounts = new Map<string, Account>()
  const inFlight = noCounts()

  const ensure: Endpoints['ensure'] = (id, webhook) => {
    let endpoint = endpoints.get(id)
    if (!endpoint)
      endpoints.set(
        id,
        (endpoint = {
          id,
          host: '',
          account: undefined,
          isActive: false,
          dueAt: Infinity,
          flights: new Set(),
          holds: 0,
          pace: 'unknown',
        }),
      )
    if (webhook) {
      endpoint.host = new URL(webhook.url).hostname
      endpoint.account ??= join(endpoint, webhook.accountId)
    }
    return endpoint
  }
  function join(endpoint: Endpoint, accountId: string): Account {
    let account = accounts.get(accountId)
    if (!account)
      accounts.set(accountId, (account = { inFlight: noCounts(), hosts: new Map(), endpoints: new Set() }))
    account.endpoints.add(endpoint)
    return account
  }
  function forget(endpoint: Endpoint): void {
    endpoints.delete(endpoint.id)
    endpoint.account?.endpoints.delete(endpoint)
  }
  const mayStart = ({ isActive, holds, flights }: Endpoint) =>
    isActive && holds === 0 && flights.size < MAX_CONCURRENT_PER_ENDPOINT

  return {
    ensure,
    update(webhooks) {
      const active = new Set(webhooks.map(({ id }) => id))
      for (const endpoint of endpoints.values()) {
        endpoint.isActive = active.has(endpoint.id)
        if (!endpoint.isActive && endpoint.flights.size === 0 && endpoint.holds === 0) forget(endpoint)
      }
      for (const webhook of webhooks) {
        const endpoint = ensure(webhook.id, webhook)
        endpoint.isActive = true
        if (webhook.backlog > 0 && endpoint.dueAt === Infinity) endpoint.dueAt = -Infinity
      }
      for (const [id, account] of accounts) if (account.endpoints.size === 0) accounts.delete(id)
    },
    choose(now) {
      const chosen = new Map<Endpoint, number>()
      const all = { ...inFlight }
      const hosts = new Map<string, number>()
      const isDue = (endpoint: Endpoint) => endpoint.dueAt <= now && mayStart(endpoint)
      let turns = [...accounts.values()].map((account) => ({
        inFlight: { ...account.inFlight },
        hosts: new Map(account.hosts),
        due: [...account.endpoints].filter(isDue),
      }))

      /** Gives an endpoint one more place. Returns false if one of the limits is reached. */
      const give = (endpoint: Endpoint, ofAccount: Pick<Account, 'inFlight' | 'hosts'>): boolean => {
        const { pace, host, flights } = endpoint
        const given = chosen.get(endpoint) ?? 0
        const hostGiven = hosts.get(host) ?? 0
        const atHost = ofAccount.hosts.get(host) ?? 0
        if (
          flights.size + given >= MAX_CONCURRENT_PER_ENDPOINT ||
          !hasPlace(all, LIMITS, pace) ||
          !hasPlace(ofAccount.inFlight, LIMITS_OF_ACCOUNT, pace) ||
          atHost >= MAX_CONCURRENT_PER_HOST_AND_ACCOUNT ||
          limits.free(host, now) <= hostGiven
        )
          return false
        chosen.set(endpoint, given + 1)
        hosts.set(host, hostGiven + 1)
        ofAccount.hosts.set(host, atHost + 1)
        all[pace]++
        ofAccount.inFlight[pace]++
        return true
      }
      // In each round, every account gets one place for its next endpoint that can use one.
      while (turns.length > 0 && sum(all) < LIMITS.total)
        turns = turns.filter((turn) => {
          for (let endpoint = turn.due.shift(); endpoint; endpoint = turn.due.shift())
            if (give(endpoint, turn)) return turn.due.push(endpoint)
          return false
        })

      // Those that got places come last next time.
      for (const [id, account] of [...accounts]) {
        const served = [...account.endpoints].filter((endpoint) => chosen.has(endpoint))
        for (const endpoint of served) {
          account.endpoints.delete(endpoint)
          account.endpoints.add(endpoint)
        }
        if (served.length === 0) continue
        accounts.delete(id)
        accounts.set(id, account)
      }
      return [...chosen].map(([{ id }, limit]) => ({ webhookId: id, limit }))
    },
    nextAt(now) {
      let next = Infinity
      for (const account of accounts.values())
        for (const endpoint of account.endpoints) {
          const { dueAt, host, pace } = endpoint
          if (dueAt === Infinity || !mayStart(endpoint)) continue
          // Skip an endpoint at a concurrency limit, because the end of a running attempt cannot be predicted.
          if (!hasPlace(inFlight, LIMITS, pace) || !hasPlace(account.inFlight, LIMITS_OF_ACCOUNT, pace))
            continue
          if (limits.inFlight(host) >= MAX_CONCURRENT_PER_HOST) continue
          if ((account.hosts.get(host) ?? 0) >= MAX_CONCURRENT_PER_HOST_AND_ACCOUNT) continue
          next = Math.min(next, Math.max(dueAt, limits.nextAt(host, now)))
        }
      return next
    },
    begin(endpoint, flight, now) {
      const { pace, host, account } = endpoint
      const endAtHost = limits.begin(host, now)
      const count = (change: 1 | -1) => {
        inFlight[pace] += change
        if (!account) return
        account.inFlight[pace] += change
        const atHost = (account.hosts.get(host) ?? 0) + change
        if (atHost === 0) account.hosts.delete(host)
        else account.hosts.set(host, atHost)
      }
      endpoint.flights.add(flight)
      count(1)
      return () => {
        endAtHost()
        endpoint.flights.delete(flight)
        count(-1)
      }
    },
  }
}
