export { useZenovay } from './use-zenovay.js'
export { Zenovay } from './zenovay.js'
export type { ZenovayProps } from './zenovay.js'
