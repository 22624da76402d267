import { vi } from 'vitest'
import { openWebhooks, type OpenWebhooks } from './open-webhooks.js'

/**
 * Webhooks with a clock that advances only when the test advances it, starting at `now` (ms since the
 * epoch).
 */
export function openWebhooksInFakeTime(now = Date.UTC(2026, 10, 21, 12)): Promise<OpenWebhooks> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'], now })
  return openWebhooks()
}

/** Closes them and restores real time. */
export async function closeWebhooksInFakeTime(opened: OpenWebhooks): Promise<void> {
  const closed = opened.close()
  await vi.advanceTimersByTimeAsync(1_000)
  await closed
  vi.useRealTimers()
}
