export * from '../server/index.js'
export { createServerTracker } from './create-server-tracker.js'
