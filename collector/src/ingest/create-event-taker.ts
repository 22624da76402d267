import { validateEvent, type ValidEvent } from '@zenovay/tracker/contract'
import { ApiError } from '../errors.js'
import type { Site } from '../stores/control-store.js'
import { refuse, type Ending } from './answer-events.js'
import type { CommitOutcome, EventCommit } from './create-event-commit.js'
import type { Identifier, Ids } from './create-identifier.js'
import { toEventRow } from './enrich/to-event-row.js'
import { isBotAgent } from './is-bot-agent.js'
import { respectPrivacySignal } from './respect-privacy-signal.js'

/** Whom an event is of, as far as its request tells. */
export interface Sender {
  site: Site
  /** Address of the visitor; undefined where the request came from a server in between. */
  ip: string | undefined
  /** As a `GeoProvider` gives it. */
  country: string
  /** What the browser asks for; counts when the event names none. */
  language: string
}

export interface EventTakerServices {
  identifier: Identifier
  commit: EventCommit
  now: () => number
}

/** The stages of one event: validate → identify → enrich → commit. Never rejects: what fails is an ending, and leaves the others of its body alone. */
export type TakeEvent = (body: unknown, sender: Sender) => Promise<Ending>

export function createEventTaker({ identifier, commit, now }: EventTakerServices): TakeEvent {
  return (body, sender) => {
    try {
      const result = validateEvent(body)
      if (!result.ok) throw new ApiError('VALIDATION_ERROR', { details: result.faults })
      if (isBotAgent(result.event.user_agent)) throw new ApiError('BOT_REJECTED')
      return store(result.event, sender).then((outcome) => ({ outcome }), refuse)
    } catch (error) {
      return Promise.resolve(refuse(error))
    }
  }

  // No await where none is needed: this runs for every event, and each await costs as much as validating it.
  function store(sent: ValidEvent, { site, ip, country, language }: Sender): Promise<CommitOutcome> {
    const time = now()
    const event = respectPrivacySignal(sent)
    const write = (ids: Ids) =>
      commit.commit({
        row: toEventRow(event, { site, ids, language, country, now: time }),
        hasOwnId: event.event_id !== undefined,
        retry: event.retry === true,
      })
    const ids = identifier.identify(event, { siteId: site.id, ip, now: time })
    return ids instanceof Promise ? ids.then(write) : write(ids)
  }
}
