/** Options of `init`; each is the data attribute of the script tag of the same name. */
export interface TrackerOptions {
  /** Base URL of the collector; may carry a path prefix. @default the page's own origin, for a first-party proxy */
  apiUrl?: string
  /** Write nothing to the browser. @default false */
  cookieless?: boolean
  /** `'required'`: as cookieless until `consent('granted')`, which is remembered. */
  consent?: 'required'
  /** Keep ids in a first-party cookie of this domain, such as `example.com`, so that its sub-domains share the visitor. */
  cookieDomain?: string
  /** Send pageviews at load and on navigation. @default true */
  auto?: boolean
  /** A changed `#fragment` is a new page. @default false */
  hash?: boolean
  /** Comma-separated path patterns that are never sent; `*` stands for any text within a segment, `**` across segments. */
  exclude?: string
  /** Send from localhost, *.localhost, *.local, 127.0.0.0/8, ::1 and file: too. @default false */
  allowLocalhost?: boolean
}
