import { BURST_LIMIT, BURST_WINDOW_MS, SUSTAINED_LIMIT, SUSTAINED_WINDOW_MS } from '@zenovay/tracker/contract'

export interface RateLimiter {
  /** Counts `cost` requests of a client at `now` (ms). Returns 0, or the seconds to wait when they are over a limit. */
  take(client: string, cost: number, now: number): number
}

interface Client {
  /** Times of the last requests, oldest first, at most {@link BURST_LIMIT}. */
  burst: number[]
  /** Requests of each minute of the last hour: start of the minute, count. */
  minutes: [start: number, count: number][]
  sustained: number
}

const MINUTE_MS = 60_000
const MAX_CLIENTS = 100_000

/**
 * Limits each client to 60 requests in any 10 seconds and 5,000 in any hour.
 *
 * A sliding log, because a fixed window lets nearly twice the burst through. The hour is kept in minutes: the
 * minute that is leaving counts whole until it has left. Beyond 100,000 clients the one seen longest ago is forgotten.
 */
export function createRateLimiter(): RateLimiter {
  const clients = new Map<string, Client>()

  return {
    take(key, cost, now) {
      const client = clients.get(key) ?? { burst: [], minutes: [], sustained: 0 }
      clients.delete(key)
      clients.set(key, client)
      if (clients.size > MAX_CLIENTS) clients.delete(clients.keys().next().value!)

      while (client.burst.length > 0 && client.burst[0]! <= now - BURST_WINDOW_MS) client.burst.shift()
      while (client.minutes.length > 0 && client.minutes[0]![0] <= now - SUSTAINED_WINDOW_MS - MINUTE_MS) client.sustained -= client.minutes.shift()![1]
      if (client.burst.length + cost > BURST_LIMIT) {
        const blocking = client.burst[Math.max(0, client.burst.length + cost - BURST_LIMIT - 1)] ?? now
        return secondsUntil(blocking + BURST_WINDOW_MS, now)
      }
      if (client.sustained + cost > SUSTAINED_LIMIT) return secondsUntil(client.minutes[0]![0] + SUSTAINED_WINDOW_MS + MINUTE_MS, now)

      for (let i = 0; i < cost; i++) client.burst.push(now)
      const minute = now - (now % MINUTE_MS)
      const last = client.minutes.at(-1)
      if (last?.[0] === minute) last[1] += cost
      else client.minutes.push([minute, cost])
      client.sustained += cost
      return 0
    },
  }
}

function secondsUntil(time: number, now: number): number {
  return Math.max(1, Math.ceil((time - now) / 1000))
}
