import { track } from './track.js'

/** Sends a goal conversion; its property `value` is what it is worth. */
export const goal = (name: string, properties?: Record<string, unknown>): void =>
  track(name, properties, 'goal')
