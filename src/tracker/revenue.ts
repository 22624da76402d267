import { sendWith } from './send-with.js'

/** Sends a revenue conversion, in major units of the currency. */
export const revenue = (amount: number, currency?: string, properties?: Record<string, unknown>): void => {
  // As text, it would be dropped like any wrong property, and a conversion without an amount counted.
  if (!Number.isFinite(amount)) throw 'no number'
  sendWith('revenue', { amount, currency: currency || 'USD', ...properties }, {})
}
