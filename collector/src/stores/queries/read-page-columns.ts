import { momentOf } from './visits.js'

/**
 * The pageviews of visits, each with its place in the visit and that of the next. Nothing here names `steps` behind the ARRAY JOIN:
 * the engine would copy the whole array for each of its elements, which takes longer than all the rest.
 */
export const pageviewsOf = (visits: string) =>
  `(SELECT visitor, bounced, steps, length(steps) AS amount, arrayPopFront(arrayPushBack(steps.1, 0)) AS places_after FROM ${visits})
   ARRAY JOIN steps AS step, arrayEnumerate(steps) AS nth, places_after AS place_after`

export const PAGE_KEY = 'step.2 AS origin, step.3 AS path'

/** What the figures of a page are made of, over its pageviews, and what they add up to. */
export const PAGE_SUMS = `
  count() AS views,
  countIf(nth = 1) AS entries,
  countIf(nth = amount) AS exits,
  countIf(nth = 1 AND bounced) AS bounces,
  sumIf(${momentOf('place_after')} - ${momentOf('step.1')}, nth < amount) AS spent_ms`
