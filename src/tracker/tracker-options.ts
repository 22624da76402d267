/** Options of `init`. The script tag has a data attribute of the same name for each. */
export interface TrackerOptions {
  /**
   * Base URL of the collector; may have a path prefix.
   * @default the page's origin, for a first-party proxy
   */
  apiUrl?: string
  /** Write nothing to the browser. @default false */
  cookieless?: boolean
  /** `'required'`: cookieless until `consent('granted')`, which is stored. */
  consent?: 'required'
  /**
   * Store ids in a first-party cookie of this domain, such as `example.com`, so that its subdomains share the
   * visitor.
   */
  cookieDomain?: string
  /** Send pageviews on load and on navigation. @default true */
  auto?: boolean
  /** Count a changed `#fragment` as a new page. @default false */
  hash?: boolean
  /**
   * Comma-separated path patterns of pages that are never sent. `*` matches within a path segment, `**`
   * across segments.
   */
  exclude?: string
  /** Also send from localhost, *.localhost, *.local, 127.0.0.0/8, ::1 and file:. @default false */
  allowLocalhost?: boolean
}
