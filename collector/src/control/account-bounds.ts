import { type ApiError, validationError } from '../errors.js'

// Bounds of what one account may have or do. They exist so that one account cannot slow down the collector for
// the others, and are far above what an account needs: ten sites that use everything a site may have.

/**
 * Maximum number of sites of an account that were created with API keys. The command line may create more, because
 * the operator uses it.
 */
export const MAX_SITES_OF_ACCOUNT = 500

/**
 * Maximum number of API keys of an account that were created with API keys. The command line may create more.
 */
export const MAX_KEYS_OF_ACCOUNT = 200

/** Maximum number of open streams of an account on one collector, which has 1,000 for all accounts. */
export const MAX_STREAMS_OF_ACCOUNT = 100

/**
 * Maximum number of webhooks of an account: those of all its sites and those for the whole account. Every
 * event is matched with the webhooks of its account, and one account may not fill the delivery queue with more
 * than 100 backlogs of 50,000 deliveries.
 */
export const MAX_WEBHOOKS_OF_ACCOUNT = 100

/**
 * Maximum number of alerts of an account, on all its sites. Each is a query per minute: at 100 ms, 500 of them
 * take 50 seconds, so an account can still evaluate all its alerts every minute.
 */
export const MAX_ALERTS_OF_ACCOUNT = 500

/**
 * Maximum number of goals of an account, on all its sites. The goals of all accounts are in memory, and are
 * loaded again whenever one of them changes.
 */
export const MAX_GOALS_OF_ACCOUNT = 1_000

/**
 * Maximum number of deliveries that an account may replay within any hour. An account has 16 attempts in
 * flight, so 10,000 take about a minute if endpoints respond within 100 ms; more would only wait. Each rewrites
 * a row of the control store, which other requests wait for.
 *
 * Replays are counted from the webhook log, in the transaction that queues them. The bound therefore holds
 * across restarts and for several processes on one control store.
 */
export const MAX_REPLAYED_PER_HOUR = 10_000

/**
 * Creates the `VALIDATION_ERROR` for an account that already has the maximum number of objects of one kind.
 *
 * @example
 * if (count >= MAX_GOALS_OF_ACCOUNT) throw accountBoundError('site_id', 'goals', MAX_GOALS_OF_ACCOUNT)
 */
export function accountBoundError(field: string, kind: string, max: number): ApiError {
  return validationError(
    field,
    `belongs to an account that has ${max} ${kind} already, which is the most that an account may have; remove one first`,
  )
}
