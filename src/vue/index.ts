export { createZenovay, useZenovay } from './zenovay.js'
