/** An absolute address without its fragment; that of this page when nothing is given. */
export const resolveUrl = (url?: string): string => (url ? new URL(url, location.href) : location).href.split('#')[0]!
