export * from '../server/index.js'
export { createServerTracker } from './create-server-tracker.js'
export { toFastifyPlugin, type FastifyScope } from './to-fastify-plugin.js'
export {
  toNodeListener,
  type FetchHandler,
  type NodeListener,
  type NodeRequest,
  type NodeResponse,
} from './to-node-listener.js'
