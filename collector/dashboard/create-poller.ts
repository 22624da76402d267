/** Repeats a request while the page is visible. */
export interface Poller {
  /** Polls immediately and aborts a running poll. */
  start(): void
  stop(): void
}

/**
 * Calls `poll` repeatedly. Each call resolves to the milliseconds until the next one and must not reject.
 *
 * Polling pauses while the page is hidden, and resumes immediately when the browser is back online.
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
  const run = async (current: AbortController) => {
    running = true
    const delay = await poll(current.signal)
    if (current !== round) return
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
