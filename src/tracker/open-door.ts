import { getVisitorId } from './commands.js'
import { transmit } from './deliver.js'
import { DOOR_VERSION } from './door-version.js'
import { collectorUrl, options, type Options } from './options.js'
import { send } from './send.js'
import { warn } from './warn.js'
import { flushPage } from './watch-navigation.js'

/**
 * The function of capture that the tracker hands its internal functions to. Parameters are ordered, not named: names
 * cost bytes, and the build shortens those of each file in its own way.
 */
export type Connect = (
  version: number,
  hooks: Options,
  collector: string,
  ...functions: [
    sendEvent: typeof send,
    countPage: typeof flushPage,
    sendNow: typeof transmit,
    keepAlive: typeof getVisitorId,
    log: typeof warn,
    commands?: Record<string, (...args: never[]) => unknown>,
    waitingErrors?: unknown[][],
  ]
) => void

/** Hands the internal functions of the tracker to capture. */
export const openDoor = (
  connect: Connect,
  commands?: Record<string, (...args: never[]) => unknown>,
  errors?: unknown[][],
): void =>
  connect(
    DOOR_VERSION,
    options,
    collectorUrl,
    send,
    flushPage,
    transmit,
    getVisitorId,
    warn,
    commands,
    errors,
  )
