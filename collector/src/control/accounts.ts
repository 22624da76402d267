/** The owner of sites and API keys. API keys cannot access the sites of another account. */
export interface Account {
  /** ID of the account, such as `acc_…`. */
  id: string
  name: string
  plan: PlanName
  /** Unix time in milliseconds. */
  createdAt: number
}

/** The account of all sites and API keys that are created without an account. */
export const DEFAULT_ACCOUNT_ID = 'acc_default'

/** Rate limits of an account, for the requests with all of its API keys together. */
export const PLANS = {
  free: { perMinute: 10, perMonth: 1_000 },
  pro: { perMinute: 30, perMonth: 10_000 },
  scale: { perMinute: 60, perMonth: 100_000 },
  enterprise: { perMinute: 120, perMonth: 1_000_000 },
} as const satisfies Record<string, { perMinute: number; perMonth: number }>

export type PlanName = keyof typeof PLANS

export const PLAN_NAMES = Object.keys(PLANS) as PlanName[]

export function isPlanName(text: string): text is PlanName {
  return Object.hasOwn(PLANS, text)
}
