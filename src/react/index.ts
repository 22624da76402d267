export { useZenovay, Zenovay } from './zenovay.js'
export type { ZenovayProps } from './zenovay.js'
