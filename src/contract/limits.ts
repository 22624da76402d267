/** Maximum size of a request body at the ingest endpoint, in bytes. */
export const MAX_BODY_BYTES = 64 * 1024
/**
 * Maximum number of events in one ingest request. Each event counts as one request towards the rate limits.
 */
export const MAX_BATCH_EVENTS = 30
/** Maximum number of events in one `POST /api/v1/events` request, which requires an API key. */
export const MAX_KEYED_BATCH_EVENTS = 1000
/** Maximum size of the body of a `POST /api/v1/events` request, in bytes. */
export const MAX_KEYED_BATCH_BYTES = 5 * 1024 * 1024
/** Maximum nesting depth of a JSON body. A batch of events with properties has three levels. */
export const MAX_JSON_DEPTH = 5
/** Maximum length of `url`, in characters. */
export const MAX_URL_LENGTH = 2048
/** Minimum length of `session_id` and `visitor_id`, in characters. */
export const MIN_ID_LENGTH = 8
/** Maximum length of any ID, in characters. */
export const MAX_ID_LENGTH = 128
/** Maximum length of `event_name`, in characters. */
export const MAX_EVENT_NAME_LENGTH = 64
/** Maximum number of properties per event. */
export const MAX_PROPERTIES = 30
/** Maximum length of a property key, in characters. */
export const MAX_PROPERTY_KEY_LENGTH = 40
/** Maximum length of a string property value, in characters. Longer values are cut. */
export const MAX_PROPERTY_VALUE_LENGTH = 500
/** Maximum length of `title`, in characters. Longer titles are cut. */
export const MAX_TITLE_LENGTH = 500
/**
 * Maximum length of `user_agent`, in characters. Longer values are cut. The user agent is used for detection
 * and never stored.
 */
export const MAX_USER_AGENT_LENGTH = 1024
/** Maximum length of a label such as `browser`, `os` or `language`, in characters. Longer labels are cut. */
export const MAX_LABEL_LENGTH = 64
/** Maximum age of an event, in milliseconds. The tracker drops older events from its outbox. */
export const MAX_AGE_MS = 7 * 24 * 60 * 60 * 1000
/** Time without events after which a session ends, in milliseconds. */
export const SESSION_TIMEOUT_MS = 30 * 60 * 1000
/** Time after an event or heartbeat during which a visitor is live, in milliseconds. */
export const LIVE_WINDOW_MS = 5 * 60 * 1000
/** Time during which an event with a repeated `event_id` is acknowledged but not counted, in milliseconds. */
export const DEDUPLICATION_WINDOW_MS = 24 * 60 * 60 * 1000
/** Maximum number of events from one client within ten seconds. */
export const BURST_LIMIT = 60
/** Length of the window of {@link BURST_LIMIT}, in milliseconds. */
export const BURST_WINDOW_MS = 10 * 1000
/** Maximum number of events from one client within an hour. */
export const SUSTAINED_LIMIT = 5000
/** Length of the window of {@link SUSTAINED_LIMIT}, in milliseconds. */
export const SUSTAINED_WINDOW_MS = 60 * 60 * 1000
/** Maximum `engaged_ms` of one `engagement` event, in milliseconds. Larger values are clamped. */
export const MAX_ENGAGED_MS = 60 * 60 * 1000
/** Maximum of a web vital that is a time, in milliseconds. Larger values are clamped. */
export const MAX_VITAL_MS = 60 * 60 * 1000
/** Maximum `cls` of a `performance` event. Larger values are clamped. */
export const MAX_CLS = 1000
/** Maximum `line` and `column` of an `error` event. Larger values are clamped. */
export const MAX_POSITION = 2 ** 31 - 1
/** Maximum number of `frame_…` properties of an `error` event. Further frames are left out. */
export const MAX_FRAMES = 10
