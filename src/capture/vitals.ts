import { KIND_VERSION, type Kind } from './kind.js'

export const version = KIND_VERSION
export const kinds: Kind[] = []
