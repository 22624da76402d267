import type { RequestFailure } from './request-json.js'

/** Describes a failure and its fix; the page retries in `seconds`. */
export function explainFailure({ status, message }: RequestFailure, seconds: number): string {
  const retry = `Retrying in ${seconds} seconds.`
  switch (status) {
    case 0:
      return `The collector is not responding. Check your connection, and that the collector is running. ${retry}`
    case 401:
      return 'Unknown API key. Paste the complete key, or create a new one.'
    case 403:
      return 'This key has no access to this site. Choose “Forget key” and paste a key for this site or for all sites.'
    case 404:
      return `This site no longer exists. Choose another one, or reload the page. ${retry}`
    case 429:
      return `Too many requests with this key. Close other pages and programs that use it. ${retry}`
    case 503:
      return `The collector cannot reach its database. New events may wait in the visitors’ browsers. If this persists, check that ClickHouse is running. ${retry}`
    default:
      return `The collector responded with status ${status}${message ? `: ${message}` : '.'} If this persists, check its log. ${retry}`
  }
}
