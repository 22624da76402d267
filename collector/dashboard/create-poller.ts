/** Something asked again and again while the page can be seen. */
export interface Poller {
  /** Asks at once; what was under way is given up. */
  start(): void
  stop(): void
}

/**
 * Calls `poll` again and again; each call resolves to the milliseconds until the next one, and never rejects.
 *
 * While the page is hidden it waits; shown again, it asks when the next call is due. Back online, it asks at once.
 */
export function createPoller(poll: (signal: AbortSignal) => Promise<number>): Poller {
  /** Undefined while stopped. */
  let round: AbortController | undefined
  let running = false
  let due = 0
  let timer = 0

  const schedule = () => {
    clearTimeout(timer)
    if (round && !running && !document.hidden)
      timer = setTimeout(() => void run(round!), Math.max(0, due - Date.now()))
  }
  const run = async (own: AbortController) => {
    running = true
    const delay = await poll(own.signal)
    if (own !== round) return
    running = false
    due = Date.now() + delay
    schedule()
  }
  const stop = () => {
    round?.abort()
    round = undefined
    running = false
    clearTimeout(timer)
  }

  document.addEventListener('visibilitychange', schedule)
  addEventListener('online', () => {
    due = 0
    schedule()
  })
  return {
    start() {
      stop()
      round = new AbortController()
      due = 0
      schedule()
    },
    stop,
  }
}
