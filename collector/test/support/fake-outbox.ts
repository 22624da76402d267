import type { Outbox } from '../../src/webhooks/outbox.js'
import type { WebhookEvent, WebhookEventName } from '../../src/webhooks/webhook.js'

/** An outbox in memory, with one webhook subscribed to `names` of every site. */
export interface FakeOutbox extends Outbox {
  names: Set<WebhookEventName>
  /** The queued events, each once. */
  told: WebhookEvent[]
  /** Calls of `put`. */
  puts: number
  /** Makes the next calls of `put` reject. */
  failNext(times: number): void
}

export function createFakeOutbox(...names: WebhookEventName[]): FakeOutbox {
  const keys = new Set<string>()
  let failures = 0
  const outbox: FakeOutbox = {
    names: new Set(names),
    told: [],
    puts: 0,
    failNext: (times) => void (failures = times),
    hasSubscriber: (_, name) => outbox.names.has(name),
    countSubscribers: (_, name) => (outbox.names.has(name) ? 1 : 0),
    async put(events) {
      outbox.puts++
      if (failures-- > 0) throw new Error('the disk is full')
      for (const event of events) {
        const key = `${event.siteId} ${event.name} ${event.key}`
        if (outbox.names.has(event.name) && !keys.has(key)) outbox.told.push(event)
        keys.add(key)
      }
    },
  }
  return outbox
}
