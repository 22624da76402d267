import type { RateRule } from '../../src/http/rate-limit.js'

/** The limits as defined in the contract, computed from the complete history. */
export function createRateModel(rules: RateRule[]) {
  const passed: { client: string; time: number; cost: number }[] = []

  /** Whether `cost` more requests of the client stay within every rule. */
  function allows(client: string, cost: number, now: number): boolean {
    return rules.every(({ limit, windowMs }) => {
      let within = cost
      for (const request of passed)
        if (request.client === client && now - request.time < windowMs) within += request.cost
      return within <= limit
    })
  }

  return {
    allows,
    passed,
    take(client: string, cost: number, now: number): boolean {
      const allowed = allows(client, cost, now)
      if (allowed) passed.push({ client, time: now, cost })
      return allowed
    },
  }
}
