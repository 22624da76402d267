import { momentOf } from './visits.js'

/** The pageviews of visits, each with its place in the visit. */
export const pageviewsOf = (visits: string) => `(SELECT visitor, bounced, steps FROM ${visits}) ARRAY JOIN steps AS step, arrayEnumerate(steps) AS nth`

export const PAGE_KEY = 'step.2 AS origin, step.3 AS path'

/** What the figures of a page are made of, over its pageviews, and what they add up to. */
export const PAGE_SUMS = `
  count() AS views,
  countIf(nth = 1) AS entries,
  countIf(nth = length(steps)) AS exits,
  countIf(nth = 1 AND bounced) AS bounces,
  sumIf(${momentOf('steps[nth + 1].1')} - ${momentOf('step.1')}, nth < length(steps)) AS spent_ms`
