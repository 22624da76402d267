import { consent, disable, enable } from './choices.js'
import { getVisitorId, goal, identify, revenue, track } from './commands.js'
import { forgetIdentity } from './identity.js'
import { page } from './page.js'
import { warn } from './warn.js'

type Command = (...args: unknown[]) => unknown

const COMMANDS = {
  consent,
  disable,
  enable,
  getVisitorId,
  goal,
  identify,
  page,
  reset: forgetIdentity,
  revenue,
  track,
} as Record<string, Command>

/**
 * Runs a command by its name. A command that fails or is unknown logs a warning and never throws, so that the
 * tracker cannot break the page.
 */
export const run = (command: string, ...args: unknown[]): unknown => {
  try {
    return COMMANDS[command]!(...args)
  } catch (error) {
    warn(command, error)
  }
  return undefined
}
