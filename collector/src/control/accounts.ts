/** A customer, with its sites and keys. Its keys reach no other account. */
export interface Account {
  /** `acc_…` */
  id: string
  name: string
  plan: PlanName
  /** ms since the epoch. */
  createdAt: number
}

/** The account of sites and keys that are created without one. */
export const DEFAULT_ACCOUNT_ID = 'acc_default'

/** Request limits per key, by the plan of its account. */
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
