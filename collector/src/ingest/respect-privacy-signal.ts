import type { ValidEvent } from '@zenovay/tracker/contract'

/**
 * An event whose browser asks for privacy (Global Privacy Control, Do Not Track) is cookieless, whatever it
 * carries: it counts, but names neither a visitor nor a user.
 */
export function respectPrivacySignal(event: ValidEvent): ValidEvent {
  return event.gpc ? { ...event, cookieless: true, visitor_id: undefined, user_id: undefined } : event
}
