import { DOOR_VERSION } from '../tracker/door-version.js'
import { vitals } from './measure-vitals.js'
import type { Kinds } from './script.js'

export const version = DOOR_VERSION
export const kinds: Kinds = { vitals }
