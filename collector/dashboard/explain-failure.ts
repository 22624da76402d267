import type { RequestFailure } from './request-json.js'

/** Says what happened and what to do about it; `seconds` is when the page tries again. */
export function explainFailure({ status, message }: RequestFailure, seconds: number): string {
  const again = `This page tries again by itself in ${seconds} seconds.`
  switch (status) {
    case 0:
      return `The collector does not answer. Check your connection, and that the collector is running. ${again}`
    case 401:
      return 'The collector does not know this key. Paste the whole key, or make a new one.'
    case 403:
      return 'This key may not read this site. Choose “Forget key”, and paste one made for this site or for all sites.'
    case 404:
      return `This site is not there any more. Choose another, or load the page again. ${again}`
    case 429:
      return `This key has asked too often. Close other pages and programs that use it. ${again}`
    case 503:
      return `The collector cannot reach its database. What visitors do now may wait in their browsers. If this stays, check that ClickHouse is running. ${again}`
    default:
      return `The collector answered with status ${status}${message ? `: ${message}` : '.'} If this stays, look into its log. ${again}`
  }
}
