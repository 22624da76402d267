export { startZenovay } from './start-zenovay.js'
export * from '../tracker/index.js'
