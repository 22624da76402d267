import { BURST_LIMIT, BURST_WINDOW_MS, SUSTAINED_LIMIT, SUSTAINED_WINDOW_MS } from '../contract/limits.js'

/**
 * Keeps a sender under the limits of its address: 60 events in 10 s, and 5,000 in an hour.
 *
 * The collector counts an event at some time between request and answer, so it is counted here from the answer on: then no
 * delay of the network can bring two events closer together than the limits allow.
 */
export interface Pace {
  /** How many events may be sent now. */
  room(now: number): number
  /** When there will next be more room, if no answer comes before. */
  nextRoomAt(now: number): number
  /** Counts events of a request that begins, and returns a function that is called with the time of its answer. */
  begin(count: number): (now: number) => void
}

const WINDOWS = [
  { limit: BURST_LIMIT, ms: BURST_WINDOW_MS },
  { limit: SUSTAINED_LIMIT, ms: SUSTAINED_WINDOW_MS },
]

export function createPace(): Pace {
  /** Requests that count, the oldest first. `until` is infinite before the answer. */
  let sent: { count: number; at: number }[] = []

  const used = (ms: number, now: number) =>
    sent.reduce((sum, { count, at }) => (at + ms > now ? sum + count : sum), 0)

  return {
    room: (now) => Math.max(0, Math.min(...WINDOWS.map(({ limit, ms }) => limit - used(ms, now)))),
    nextRoomAt: (now) =>
      sent.reduce(
        (next, { at }) =>
          WINDOWS.reduce((next, { ms }) => (at + ms > now ? Math.min(next, at + ms) : next), next),
        Infinity,
      ),
    begin(count) {
      const request = { count, at: Infinity }
      sent.push(request)
      return (now) => {
        request.at = now
        sent = sent.filter(({ at }) => at + SUSTAINED_WINDOW_MS > now)
      }
    },
  }
}
