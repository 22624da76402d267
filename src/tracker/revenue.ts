import { sendWith } from './send-with.js'

/** Sends a revenue conversion, in major units of the currency. */
export const revenue = (amount: number, currency = 'USD', properties?: Record<string, unknown>): void => {
  // As text, it would be dropped like any wrong property, and a conversion without an amount counted.
  if (!Number.isFinite(amount)) throw 'refused'
  sendWith('revenue', { amount, currency, ...properties })
}
