/** Options of `init`; each is the data attribute of the script tag of the same name. */
export interface TrackerOptions {
  /** Base URL of the collector; may carry a path prefix. @default the page's own origin, for a first-party proxy */
  apiUrl?: string
  /** Write nothing to the browser. @default false */
  cookieless?: boolean
  /** Send pageviews at load and on navigation. @default true */
  auto?: boolean
  /** Send from localhost, *.localhost, *.local, 127.0.0.0/8, ::1 and file: too. @default false */
  allowLocalhost?: boolean
}
