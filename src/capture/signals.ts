import { DOOR_VERSION } from '../tracker/door-version.js'
import { copy } from './copy.js'
import { dead } from './dead.js'
import { rage } from './rage.js'
import type { Kinds } from './script.js'
import { video } from './video.js'
import { views } from './views.js'

export const version = DOOR_VERSION
export const kinds: Kinds = { rage, dead, copy, video, views }
