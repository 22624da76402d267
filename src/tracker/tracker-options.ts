import type { IngestEvent } from '../contract/wire.js'

/** An event before it is sent. Undefined fields are omitted from the JSON. */
export type OutgoingEvent = { [field in keyof IngestEvent]?: IngestEvent[field] | undefined }

/**
 * Options of `init`. Each option is also available as a data attribute of the script tag, such as
 * `data-api-url`.
 */
export interface TrackerOptions {
  /**
   * Base URL of the collector, which may include a path prefix.
   * @default the page's origin, for a first-party proxy
   */
  apiUrl?: string
  /** Whether to store nothing in the browser. @default false */
  cookieless?: boolean
  /**
   * If `'required'`, the tracker is cookieless until `consent('granted')` is called. If `'wait'`, it sends and
   * stores nothing until then: at most 500 events wait in memory, and `consent('denied')` drops them. The
   * decision is stored.
   */
  consent?: 'required' | 'wait'
  /**
   * Domain of a first-party cookie that stores the IDs, such as `example.com`. All subdomains then share the
   * same visitor.
   */
  cookieDomain?: string
  /** Whether to send pageviews on page load and on navigation. @default true */
  auto?: boolean
  /** Whether a changed URL fragment (`#…`) is a new page. @default false */
  hash?: boolean
  /**
   * Comma-separated path patterns of pages that are not tracked. `*` matches any characters except `/`, and
   * `**` matches any characters.
   */
  exclude?: string
  /**
   * Whether to send events from localhost, *.localhost, *.local, 127.0.0.0/8, ::1 and file: pages.
   * @default false
   */
  allowLocalhost?: boolean
  /**
   * Is called with each event before it is sent for the first time. Returns the event, which it may change, or
   * nothing to drop it.
   *
   * @example
   * import { init } from '@zenovay/tracker'
   * init('ZV_XXXXXXXXXXX', { beforeSend: (event) => ({ ...event, title: '' }) })
   */
  beforeSend?: (event: OutgoingEvent) => OutgoingEvent | null | undefined | void
}
