import { consent, disable, enable, reset } from './choices.js'
import { getVisitorId, goal, identify, revenue, track } from './commands.js'
import { page } from './page.js'
import { guard } from './warn.js'
import { flushPage } from './watch-navigation.js'

type Command = (...args: unknown[]) => unknown

/** Calls of `error` until the file of capture is there, which puts its own function in place of the command. */
export const errors: object[] = []
const MAX_ERRORS = 10

export const COMMANDS = {
  consent,
  disable,
  enable,
  error: (...args) => {
    if (errors.length < MAX_ERRORS) errors.push(args)
  },
  getVisitorId,
  goal,
  identify,
  page,
  reset,
  revenue,
  track,
} as Record<string, Command> & { getVisitorId(): string | undefined }

/** Runs a command by its name. A failing or unknown command logs a warning and never throws. */
export const run = guard((command: string, ...args: unknown[]): unknown => {
  flushPage()
  return COMMANDS[command]!(...args)
})
