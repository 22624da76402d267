import { REVENUE_AMOUNT, REVENUE_CURRENCY, WITH_AMOUNT } from './ask-revenue.js'

// Every value comes in as a bound parameter: siteId, and moments in ms since the epoch.

const moment = (name: string) => `fromUnixTimestamp64Milli({${name}: Int64}, 'UTC')`
const RECEIVED = `site_id = {siteId: String} AND received_at >= ${moment('from')} AND received_at < ${moment('to')}`
// Old events come late: what was received then happened at most a week before.
const NOT_OLDER = `occurred_at >= ${moment('from')} - INTERVAL 8 DAY`

export const WINDOW_FIGURES = `
  SELECT
    uniqExact(visitor_id) AS visitors,
    uniqExact(session_id) AS visits,
    countIf(event_type = 'pageview') AS pageviews,
    countIf(event_type IN ('custom', 'goal')) AS events,
    countIf(event_type = 'goal') AS goals,
    countIf(event_type = 'error') AS errors
  FROM events WHERE ${RECEIVED} AND ${NOT_OLDER}`

export const WINDOW_REVENUE = `
  SELECT ifNotFinite(sumIf(${REVENUE_AMOUNT}, ${WITH_AMOUNT} AND ${REVENUE_CURRENCY} = {currency: String}), 0) AS revenue, uniqExact(visitor_id) AS visitors
  FROM events WHERE ${RECEIVED} AND ${NOT_OLDER}`

export const WINDOW_LIVE = `
  SELECT uniqExact(visitor_id) AS visitors FROM (
    SELECT visitor_id FROM events WHERE ${RECEIVED} AND ${NOT_OLDER}
    UNION ALL
    SELECT visitor_id FROM heartbeats WHERE ${RECEIVED}
  )`
