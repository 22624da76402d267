import { choose } from './choose.js'

/** Opts this browser out: nothing is sent until it is enabled. */
export const disable = (): void => choose(1, 1)

/** Takes {@link disable} back. */
export const enable = (): void => choose(1)
