import { isDeniedAgent } from '@zenovay/tracker/contract'
import { isbot } from 'isbot'
import { memoize } from '../../cache.js'
import { ApiError } from '../../errors.js'
import { isAutomatedAgent } from './automated-agents.js'

// 5 MB with user agents of 1,024 characters.
const MAX_REMEMBERED = 5_000
// In-app browsers append the app's name, and `isbot` matches some of these: Apple News, TripAdvisor, Grab.
const PHONE = /^Mozilla\/5\.0 \((?:iPhone|iPad|iPod|Linux; (?:U; )?Android)[^)]/
const BOT_ON_PHONE = /compatible|http|@|google(?!app|news)/i

/** Throws `BOT_REJECTED` for the user agent of a bot. */
export function assertNoBot(userAgent: string): void {
  if (isBotAgent(userAgent)) throw new ApiError('BOT_REJECTED')
}

/**
 * Whether the `user_agent` of an event belongs to a bot. The request's own header is ignored.
 *
 * `isbot` checks only user agents that claim to be a browser: it would reject `MyApp-Server/1.0`, the form that the
 * docs recommend to servers. Results are cached, because few browsers make most traffic and the expressions are long.
 */
export const isBotAgent = memoize(
  (userAgent) =>
    isDeniedAgent(userAgent) ||
    isAutomatedAgent(userAgent) ||
    (claimsToBeBrowser(userAgent) && isbot(userAgent)),
  MAX_REMEMBERED,
)

function claimsToBeBrowser(userAgent: string): boolean {
  return userAgent.startsWith('Mozilla/') && !(PHONE.test(userAgent) && !BOT_ON_PHONE.test(userAgent))
}
