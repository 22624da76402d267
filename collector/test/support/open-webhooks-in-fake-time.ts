import { vi } from 'vitest'
import { openWebhooks, type OpenWebhooks } from './open-webhooks.js'

/** Webhooks whose time goes on only when the test says so, from a moment on (ms since the epoch). */
export function openWebhooksInFakeTime(now = Date.UTC(2026, 10, 21, 12)): Promise<OpenWebhooks> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'], now })
  return openWebhooks()
}

/** Ends them, and gives the true time back. */
export async function closeWebhooksInFakeTime(opened: OpenWebhooks): Promise<void> {
  const closed = opened.close()
  await vi.advanceTimersByTimeAsync(1_000)
  await closed
  vi.useRealTimers()
}
