import type { RevenueRow } from '../report-store.js'
import type { SettledScope } from '../settled/settled-scope.js'
import type { Ask } from './ask.js'
import { inVisits, readScope } from './read-scope.js'

// The tracker's default. What is no code of ISO 4217 has none.
export const REVENUE_CURRENCY =
  "if(JSONHas(properties, 'currency'), extract(upper(JSONExtractString(properties, 'currency')), '^[A-Z]{3}$'), 'USD')"
export const WITH_AMOUNT =
  "event_type = 'revenue' AND JSONType(properties, 'amount') IN ('Int64', 'UInt64', 'Double')"
export const REVENUE_AMOUNT = "JSONExtractFloat(properties, 'amount')"
// More than any currency has: what adding up leaves behind them is no money.
const PLACES = 4

export async function askRevenue(ask: Ask, scope: SettledScope): Promise<RevenueRow[]> {
  const read = readScope(scope)
  const rows = await ask<Omit<RevenueRow, 'average'>>(
    `SELECT ${REVENUE_CURRENCY} AS currency, ifNotFinite(sum(${REVENUE_AMOUNT}), 0) AS total, count() AS count, uniqExact(visitor_id) AS visitors
     FROM events WHERE ${inVisits(read, WITH_AMOUNT)} GROUP BY currency ORDER BY count DESC, currency`,
    read.params,
  )
  return rows.map(({ total, ...row }) => ({ ...row, total: round(total), average: round(total / row.count) }))
}

const round = (amount: number) => Number(amount.toFixed(PLACES))
