import type { LiveAnswer } from '@zenovay/tracker/contract'
import { createPoller } from './create-poller.js'
import { findElement } from './find-element.js'
import { formatCount } from './format-values.js'
import { requestJson } from './request-json.js'

const INTERVAL_MS = 10_000
const LONGEST_INTERVAL_MS = 40_000

/** The number of live visitors, polled every 10 seconds, with backoff after errors. */
export interface LiveCount {
  /** Shows the count of this site; polls immediately when it is unknown. */
  watch(trackingCode: string): void
  stop(): void
}

export function createLiveCount(): LiveCount {
  let code = ''
  let known = false
  let delay = INTERVAL_MS

  const poller = createPoller(async (signal) => {
    try {
      const { visitors } = await requestJson<LiveAnswer>(`e/live/${encodeURIComponent(code)}`, { signal })
      if (signal.aborted) return 0
      known = true
      delay = INTERVAL_MS
      show(visitors)
    } catch {
      if (signal.aborted) return 0
      known = false
      show(undefined)
      delay = Math.min(delay * 2, LONGEST_INTERVAL_MS)
    }
    return delay
  })

  return {
    watch(trackingCode) {
      if (code === trackingCode && known) return
      if (code !== trackingCode) show(undefined)
      code = trackingCode
      findElement('live').hidden = false
      poller.start()
    },
    stop() {
      code = ''
      findElement('live').hidden = true
      poller.stop()
    },
  }
}

function show(visitors: number | undefined): void {
  const text = visitors === undefined ? '—' : formatCount(visitors)
  const count = findElement('live-count')
  // Updated only on change; screen readers would repeat the number.
  if (count.textContent === text) return
  count.textContent = text
  findElement('live-label').textContent = visitors === 1 ? 'visitor now' : 'visitors now'
  findElement('live').classList.toggle('unknown', visitors === undefined)
}
