import { MAX_AGE_MS } from '../contract/limits.js'
import type { IngestEvent } from '../contract/wire.js'
import { acknowledge, outbox } from './outbox.js'
import { readPrivacy } from './read-privacy.js'
import { transmit } from './transmit.js'
import { useStorage } from './use-storage.js'

/** Takes over what earlier pages left in the outbox of this browser, and sends it when this task is done. */
export const restore = (): void => {
  // In another tab, the visitor may have chosen that nothing is kept or sent any more.
  readPrivacy()
  useStorage((storage) => {
    for (const key in storage)
      if (/^zenovay:/.test(key))
        if (Date.now() - (key.slice(8, 21) as unknown as number) < MAX_AGE_MS)
          outbox[key] ||= { ...(JSON.parse(storage[key] as string) as IngestEvent), retry: true }
        else acknowledge(key)
  })
  queueMicrotask(transmit)
}
