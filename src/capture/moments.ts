// Moments of a page, see `when`. Numbers, because names cost bytes; in a file of their own, which the build puts in each
// file of capture that reads it.
/** A page was counted: `options.page` is its pageview. Also called at once, if one was counted already. */
export const COUNTED = 0
/** Another page is about to be counted: `options.page` is still the one before. */
export const ENDING = 1
/** The page is hidden or left. What is sent now goes with a beacon. May come several times. */
export const HIDING = 2
/**
 * `reset`, `disable` or `consent('denied')`: drop what is being measured, unsent. From then on `options.page` is undefined
 * until another page is counted.
 */
export const FORGOTTEN = 3
export type Moment = typeof COUNTED | typeof ENDING | typeof HIDING | typeof FORGOTTEN
