import { MAX_AGE_MS, MAX_BATCH_EVENTS } from '../contract/limits.js'
import type { WireError } from '../contract/error-codes.js'
import { renewIdentity } from './identity.js'
import { options } from './options.js'
import {
  ageOf,
  BEACONED,
  FAILED,
  KEY_PREFIX,
  outbox,
  POSTED,
  RELEASED,
  settle,
  timeOf,
  type Entry,
} from './outbox.js'
import { isTracked } from './page-url.js'
import { cookieless, gpc, isSilent, readPrivacy } from './privacy.js'
import type { OutgoingEvent } from './tracker-options.js'
import { useStorage } from './use-storage.js'
import { VISITOR, visitorState } from './visitor-state.js'
import { guard, warn } from './warn.js'

/**
 * Maximum length of a request body, in characters. A character takes at most three bytes. In Chromium and
 * WebKit, all pending beacons and keep-alive requests of a page share a limit of 64 KiB.
 */
const MAX_REQUEST_LENGTH = 20_000
// Room for the fields that are added to an event when it is sent: `age_ms` and `retry`.
const SENDING_LENGTH = 100
/** Maximum number of unacknowledged events. Beyond either limit the oldest events are dropped. */
const MAX_OUTBOX_EVENTS = 500
/** Maximum length of all unacknowledged events as JSON text, in characters. */
const MAX_OUTBOX_LENGTH = 500_000

// The backoff is doubled before its first use, so the first retry waits at most three seconds.
const FIRST_BACKOFF_MS = 1_500
const LAST_BACKOFF_MS = 300_000
// About 11 days. A delay of more than 24 days would overflow the 31 bits of a timer, which would then fire
// immediately.
const MAX_RETRY_AFTER_S = 1e6
const RESUME_MS = 3_000
// Pause after a full request: stays below the collector's burst limit of 60 events in 10 s, which other tabs
// share.
const FULL_PAUSE_S = 10
// An event that is sent within this time happened when it arrives.
const PROMPT_MS = 1_000
// Two tabs that open at once see each other's IDs within this time.
const ADOPTION_MS = 100

/**
 * Storage key for the time when a tab last sent events again. Other tabs then wait, because they would send
 * the same ones.
 */
const CLAIM = 'zenovay-claim'
// Longer than a slow response takes.
const CLAIM_MS = 10_000

let backoff = FIRST_BACKOFF_MS
/**
 * The timer of the next retry, falsy if no retry is scheduled. All failed requests share one timer, because
 * several timers would each double the backoff and send all events again. Until then a request has only the
 * newest event: the others wait for the retry.
 */
export let retryTimer: unknown
/** Whether the events of this task are about to be sent. */
export let isQueued = false
/** The claim of this tab, as it is stored. */
let claim = ''

/** Is truthy if this page may send events now. */
const canSend = (): unknown =>
  !isSilent &&
  // A prerendered page is not counted until it is shown.
  !(document as Document & { prerendering?: boolean }).prerendering &&
  isTracked

/** Returns the fields that all events of a transmission share besides their IDs: what the browser knows. */
const sharedFields = (): OutgoingEvent => ({
  // The collector reads the names of device, system and browser from the user agent: a table of them here would
  // be downloaded by every visitor, and an old script could not be corrected. Only the browser knows whether it
  // has a touch screen: an iPad identifies as a Mac. The screen size is left out, as it would help to identify
  // people.
  device_type: navigator.maxTouchPoints ? 'touch' : 'auto',
  os: 'auto',
  browser: 'auto',
  user_agent: navigator.userAgent,
  ...(cookieless && { cookieless: true, gpc }),
})

/**
 * Returns the event as JSON. Returns nothing if the page's `beforeSend` does so or fails, or if the event is too
 * large.
 */
const toJson = guard((event: OutgoingEvent): string | undefined => {
  const json = JSON.stringify((options.beforeSend ? options.beforeSend(event) : event) || undefined)
  if (json?.length > MAX_REQUEST_LENGTH - SENDING_LENGTH) throw new Error('too large')
  return json
})

/** Sends the events of this task when it ends. A page that is being left may have no next task. */
export const transmitSoon = (): void => {
  if (isQueued) return
  isQueued = true
  if (canSend() && !cookieless && !visitorState[VISITOR]) {
    // Two tabs that open at once would be two visitors. The IDs that were stored last become those of both.
    renewIdentity()
    setTimeout(guard(transmit), ADOPTION_MS)
  } else queueMicrotask(guard(transmit))
}

/**
 * Sends the events that are due, the newest first.
 *
 * A visible page sends one POST request with `keepalive`; the rest follows after its response. A page that is
 * being hidden or left sends all events as beacons, also those whose POST request has no response yet. A
 * beacon acknowledges no events, because `sendBeacon` returns true even if the browser is offline. These
 * events stay in the outbox and are sent again, and the collector drops the duplicates.
 */
export const transmit = (mode = POSTED): void => {
  isQueued = false
  readPrivacy()
  const isAllowed = canSend()
  const batch: Entry[] = []
  let ids: OutgoingEvent | undefined
  let counted: OutgoingEvent | false | undefined
  let url = ''
  let length = 0
  let total = 0
  let dropped = 0
  Object.values(outbox)
    .reverse()
    .forEach((entry, index) => {
      if (index >= MAX_OUTBOX_EVENTS || total > MAX_OUTBOX_LENGTH) {
        dropped++
        return settle(entry)
      }
      if (!isAllowed) return
      if (!entry._json) {
        const event = {
          ...sharedFields(),
          // An event that is given the IDs of an earlier pageview must not open a session.
          ...(!entry._event!.session_id && (ids ||= renewIdentity())),
          ...entry._event,
        }
        const json = toJson(event)
        if (!json) return settle(entry)
        entry._json = json
        counted ||= !event.event_type && event
        // The event is stored even if a later request will carry it: the page may end before that.
        if (!cookieless) useStorage((storage) => (storage[entry._key] = json))
      }
      total += entry._json.length
      if (entry._state! >= mode || (mode === BEACONED && entry._isRestored)) return
      const target = entry._key.split(' ')[1]!
      if (
        (url ||= target) === target &&
        (length += entry._json.length) <= MAX_REQUEST_LENGTH &&
        batch.length <= (retryTimer && mode === POSTED ? 0 : MAX_BATCH_EVENTS - 1)
      )
        batch.unshift(entry)
    })
  if (counted) {
    options.onPage?.()
    options.page = counted
  }
  if (dropped) warn(dropped, 'events dropped')
  if (batch.length === 0) return
  // Not JSON.stringify of an array, because an old library may have given arrays a toJSON.
  const body = `[${batch.map(({ _json, _key, _state }) => {
    const age = ageOf(_key)
    return `${_json!.slice(0, -1)}${_state || age > PROMPT_MS ? `,"age_ms":${age}` : ''}${_state ? ',"retry":true' : ''}}`
  })}]`
  if (!cookieless && (mode === BEACONED || batch.some(({ _state }) => _state)))
    useStorage((storage) => (storage[CLAIM] = claim = Date.now().toFixed()))
  batch.forEach((entry) => (entry._state = mode))
  if (mode === BEACONED) {
    navigator.sendBeacon(url, body)
    transmit(mode)
  } else post(batch, url, body).catch((error) => warn('request', error))
}

/** Sends a batch. Only an answer of the collector acknowledges it, or refuses it for good. */
const post = async (batch: Entry[], url: string, body: string): Promise<void> => {
  if (batch.length >= MAX_BATCH_EVENTS) retryLater(FULL_PAUSE_S)
  let retryAfter
  try {
    // A string body is text/plain, which needs no preflight.
    const answer = await fetch(url, { method: 'POST', body, keepalive: true })
    retryAfter = answer.headers.get('Retry-After')
    // A login page, a firewall or a service worker may answer in place of the collector.
    const { success, error } = (await answer.json()) as { success: boolean; error: WireError }
    if (success !== true) {
      if (success !== false || !error.code || answer.status > 428) throw new Error()
      warn(error.code, error.message)
    }
    backoff = FIRST_BACKOFF_MS
    batch.forEach((entry) => settle(entry, success))
  } catch {
    // The request failed, the collector is busy, or the answer is not the collector's.
    batch.forEach((entry) => (entry._state = FAILED))
    retryLater(retryAfter)
  }
  if (!retryTimer) transmit()
}

/**
 * Retries after a growing pause, and at the earliest after Retry-After in seconds. A retry that is scheduled
 * already keeps its time otherwise.
 */
const retryLater = (retryAfter?: unknown): void => {
  if (retryTimer && !retryAfter) return
  clearTimeout(retryTimer as number)
  backoff = Math.min(backoff * 2, LAST_BACKOFF_MS)
  // Full jitter: clients that failed together must not retry together. An HTTP date is not a number and counts
  // as 0.
  retryTimer = setTimeout(
    guard(retry),
    Math.random() * backoff + (Number(retryAfter) % MAX_RETRY_AFTER_S || 0) * 1000,
  )
}

/** Retries within three seconds: at a random time, because other tabs may have come online as well. */
export const resume = (): void => {
  // Not the timer of a retry, which would hold back all but the newest event until then.
  setTimeout(
    guard(() => {
      backoff = FIRST_BACKOFF_MS
      retry()
    }),
    Math.random() * RESUME_MS,
  )
}

/** Sends every event without an answer again, including those of closed tabs. */
export const retry = (): void => {
  retryTimer = clearTimeout(retryTimer as number)
  const other = useStorage((storage) => storage[CLAIM] as string)
  // The clock may have been set back since.
  if (other !== claim && Math.abs(Date.now() - Number(other)) < CLAIM_MS) return retryLater(CLAIM_MS / 1000)
  restore()
  transmit()
}

/** Loads the events that earlier pages left in storage, and releases every event that is not on its way. */
export const restore = (): void => {
  Object.keys({ ...outbox, ...useStorage((storage) => storage) })
    .filter((key) => key.startsWith(KEY_PREFIX))
    .sort((a, b) => timeOf(a) - timeOf(b))
    .forEach((key) => {
      const entry = outbox[key] ?? { _key: key, _state: FAILED, _isRestored: true }
      delete outbox[key]
      if (
        ageOf(key) < MAX_AGE_MS &&
        // An entry that is broken must not stop the others.
        (!entry._isRestored ||
          useStorage(
            (storage) => (JSON.parse((entry._json = storage[key] as string)) as OutgoingEvent).event_id,
          ))
      ) {
        if (entry._state! > POSTED) entry._state = RELEASED
        outbox[key] = entry
      } else settle(entry)
    })
}
