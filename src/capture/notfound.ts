import { COUNTED, send, when, type Kind } from './core.js'

const FIRST_ERROR_STATUS = 400

/**
 * Pages that do not exist: `not_found` when the document was answered with a status of 400 or more, or when the page has
 * `<meta name="zenovay-status" content="404">` as it is counted, for single-page applications.
 */
export const notfound: Kind = () => {
  let [document_] = performance.getEntriesByType('navigation') as (
    (PerformanceNavigationTiming & { responseStatus?: number }) | undefined
  )[]
  when(COUNTED, () => {
    const status =
      document.querySelector('meta[name=zenovay-status]')?.getAttribute('content') ||
      document_?.responseStatus
    // The status is that of the first page only: the others come from the application.
    document_ = undefined
    if (Number(status) >= FIRST_ERROR_STATUS)
      send({
        event_type: 'custom',
        event_name: 'not_found',
        properties: { status: Number(status) },
        interactive: false,
      })
  })
}
