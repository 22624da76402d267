import { isDeniedAgent } from '@zenovay/tracker/contract'
import { isbot } from 'isbot'
import { memoize } from '../../cache.js'
import { isAutomatedAgent } from './automated-agents.js'

// With agents of 1,024 characters 5 MB.
const MAX_VERDICTS = 5_000
// A page shown inside a phone's app, whose name follows: `isbot` takes Apple News, TripAdvisor and Grab for bots, because theirs have words of bots.
const PHONE = /^Mozilla\/5\.0 \((?:iPhone|iPad|iPod|Linux; (?:U; )?Android)[^)]/
const PRETENDS = /compatible|http|@|google(?!app|news)/i

/**
 * Whether the `user_agent` of an event is a bot's. The request's own header is never judged.
 *
 * `isbot` is asked only about strings that claim to be a browser: alone it refuses `MyApp-Server/1.0`,
 * which is what a server is told to call itself. Verdicts are remembered, because few browsers make most of
 * the traffic and the expressions are long.
 */
export const isBotAgent = memoize(
  (userAgent) =>
    isDeniedAgent(userAgent) ||
    isAutomatedAgent(userAgent) ||
    (claimsToBeBrowser(userAgent) && isbot(userAgent)),
  MAX_VERDICTS,
)

function claimsToBeBrowser(userAgent: string): boolean {
  return userAgent.startsWith('Mozilla/') && !(PHONE.test(userAgent) && !PRETENDS.test(userAgent))
}
