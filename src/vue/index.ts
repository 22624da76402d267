export { createZenovay } from './create-zenovay.js'
export { useZenovay } from './use-zenovay.js'
