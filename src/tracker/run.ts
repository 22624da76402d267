import { consent } from './consent.js'
import { disable, enable } from './disable.js'
import { getVisitorId } from './get-visitor-id.js'
import { goal } from './goal.js'
import { identify } from './identify.js'
import { forget } from './identity.js'
import { page } from './page.js'
import { revenue } from './revenue.js'
import { track } from './track.js'
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
  reset: forget,
  revenue,
  track,
} as Record<string, Command>

/** Runs a command by its name. The one guard between our code and the page: a wrong call, or an unknown command, warns and never throws into it. */
export const run = (command: string, ...args: unknown[]): unknown => {
  try {
    return COMMANDS[command]!(...args)
  } catch (error) {
    warn(command, error)
  }
  return
}
