import { identify } from './identify.js'
import { page } from './page.js'
import { track } from './track.js'
import { warn } from './warn.js'

type Command = (...args: unknown[]) => unknown

/** Runs a command of the public API. The one guard between our code and the page: a wrong call warns, and never throws into it. */
export const run = (command: string, first?: unknown, second?: unknown): unknown => {
  try {
    return ({ page, track, getVisitorId: () => identify()[0] } as Record<string, Command>)[command]!(first, second)
  } catch (error) {
    warn(command, error)
  }
  return
}
