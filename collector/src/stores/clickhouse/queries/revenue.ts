import type { RevenueRow } from '../../../reports/report-store.js'
import type { QueryClient } from '../client.js'
import type { RollupScope } from '../rollups/period.js'
import { buildScopeSql, inVisits, WITH_AMOUNT } from './visits.js'

// Revenue without a currency is in USD, the tracker's default. An invalid ISO 4217 code is replaced by an
// empty text.
export const REVENUE_CURRENCY =
  "if(JSONHas(properties, 'currency'), extract(upper(JSONExtractString(properties, 'currency')), '^[A-Z]{3}$'), 'USD')"

const FRACTION_DIGITS = 6
const UNITS = 10n ** BigInt(FRACTION_DIGITS)
/**
 * The sum of all amounts in millionths, as an integer. Sums of decimals are exact, and those of floating-point numbers
 * are not.
 */
const MILLIONTHS = `toInt128(sum(toDecimal128OrZero(JSONExtractRaw(properties, 'amount'), ${FRACTION_DIGITS})) * ${UNITS})`

export async function queryRevenue(client: QueryClient, scope: RollupScope): Promise<RevenueRow[]> {
  const scopeSql = buildScopeSql(scope)
  const rows = await client.select<{ currency: string; millionths: string; count: number; visitors: number }>(
    `SELECT ${REVENUE_CURRENCY} AS currency, toString(${MILLIONTHS}) AS millionths, count() AS count, uniqExact(visitor_id) AS visitors
     FROM events WHERE ${inVisits(scopeSql, WITH_AMOUNT)} GROUP BY currency ORDER BY count DESC, currency`,
    scopeSql.params,
  )
  return rows.map(({ currency, millionths, count, visitors }) => {
    const roundSum = (parts: number) => roundAmount(BigInt(millionths), { parts, currency })
    return { currency, total: roundSum(1), count, average: roundSum(count), visitors }
  })
}

/**
 * Divides an amount in millionths by `parts`, and rounds it to the smallest unit of its currency, half away from zero.
 */
export function roundAmount(
  millionths: bigint,
  { parts, currency }: { parts: number; currency: string },
): number {
  const digits = fractionDigitsOf(currency)
  // Twice the result, so that the last bit says whether to round up.
  const halves = (2n * abs(millionths) * 10n ** BigInt(digits)) / (UNITS * BigInt(parts))
  const rounded = (halves + 1n) / 2n
  return Number(millionths < 0n ? -rounded : rounded) / 10 ** digits
}

const abs = (value: bigint) => (value < 0n ? -value : value)

// Amounts whose currency is unknown keep as many digits as the currency with the most.
const MOST_DIGITS = 4

/** Returns the number of digits of a currency after the decimal point, by ISO 4217. */
function fractionDigitsOf(currency: string): number {
  if (currency === '') return MOST_DIGITS
  return new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits!
}
