import { transmit } from './deliver.js'
import { DOOR_VERSION } from './door-version.js'
import { collectorUrl, options, type Options } from './options.js'
import { send } from './send.js'
import { warn } from './warn.js'
import { flushPage } from './watch-navigation.js'

/** Commands by their names, to which capture may add. */
export type Commands = Record<string, (...args: never[]) => unknown> & { getVisitorId(): string | undefined }

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
    log: typeof warn,
    commands: Commands,
    waitingErrors?: object[],
  ]
) => void

/** Hands the internal functions of the tracker to capture. `errors` are the calls of the command `error` so far. */
export const openDoor = (connect: Connect, commands: Commands, errors?: object[]): void =>
  connect(DOOR_VERSION, options, collectorUrl, send, flushPage, transmit, warn, commands, errors)
