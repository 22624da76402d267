import type { Fault } from '@zenovay/tracker/contract'
import type { NewWebhook } from '../stores/webhook-store.js'
import type { EgressGuard } from './create-egress-guard.js'
import { WEBHOOK_EVENTS, isWebhookEventName, type WebhookEventName } from './webhook-event.js'

/** What somebody writes of a new webhook, whatever names it has on the wire. */
export interface GivenWebhook {
  url: unknown
  /** Left out: every event. */
  events?: unknown
  description?: unknown
}

export const MAX_EVENTS_PER_WEBHOOK = 5
const MAX_DESCRIPTION_LENGTH = 500
const SHOWN_LENGTH = 100

/** Either the fields of a new webhook or every fault. Asks no name server. */
export function readNewWebhook(
  { url, events, description: given }: GivenWebhook,
  guard: Pick<EgressGuard, 'checkUrl'>,
): { fields: Pick<NewWebhook, 'url' | 'events' | 'description'> } | { faults: Fault[] } {
  const faults: Fault[] = []
  const description = given ?? ''
  const checked =
    typeof url === 'string'
      ? guard.checkUrl(url)
      : { refusal: url === undefined ? 'url is required' : 'URL must use HTTPS' }
  if ('refusal' in checked) faults.push({ field: 'url', reason: checked.refusal })
  const chosen = readEvents(events)
  if (typeof chosen === 'string') faults.push({ field: 'events', reason: chosen })
  if (typeof description !== 'string' || description.length > MAX_DESCRIPTION_LENGTH)
    faults.push({
      field: 'description',
      reason: `description must be a text of at most ${MAX_DESCRIPTION_LENGTH} characters`,
    })
  if (
    'refusal' in checked ||
    typeof chosen === 'string' ||
    typeof description !== 'string' ||
    faults.length > 0
  )
    return { faults }
  return { fields: { url: checked.url.href, events: chosen, description } }
}

/** The event types of a choice, each once; or what is wrong with it. */
function readEvents(given: unknown): WebhookEventName[] | string {
  if (given === undefined) return [...WEBHOOK_EVENTS]
  if (!Array.isArray(given) || given.length === 0) return 'events must be an array of event types'
  const names = [...new Set<unknown>(given)]
  const unknown = names.find((name) => !isWebhookEventName(name))
  if (unknown !== undefined)
    return `Invalid event type: ${(typeof unknown === 'string' ? unknown : JSON.stringify(unknown)).slice(0, SHOWN_LENGTH)}`
  return names.length > MAX_EVENTS_PER_WEBHOOK
    ? `Maximum ${MAX_EVENTS_PER_WEBHOOK} event types per webhook`
    : (names as WebhookEventName[])
}
