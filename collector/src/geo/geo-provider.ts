/** What a request's connection tells of where it comes from. */
export interface Connection {
  /** Address of the client. */
  ip: string
  /** The CDN's country header; empty unless a trusted proxy sent it. */
  cdnCountry: string
}

/** Tells countries. It never keeps an address, but for a bounded memory of its last answers. */
export interface GeoProvider {
  /** ISO 3166-1 alpha-2, such as `CH`; empty when it is not known. At once, and never throws. */
  countryOf(connection: Connection): string
}
