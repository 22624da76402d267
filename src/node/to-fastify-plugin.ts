import { toNodeListener, type FetchHandler, type NodeRequest, type NodeResponse } from './to-node-listener.js'

/** What is used of a request and a reply of Fastify. */
interface FastifyRequest {
  raw: NodeRequest
}
interface FastifyReply {
  raw: NodeResponse
  hijack(): unknown
}

/** What is used of an instance of Fastify. */
export interface FastifyScope {
  removeAllContentTypeParsers(): unknown
  addContentTypeParser(
    type: string,
    parser: (request: unknown, payload: unknown, done: (error: null) => void) => void,
  ): unknown
  all(path: string, handler: (request: FastifyRequest, reply: FastifyReply) => void): unknown
}

/**
 * Makes a plugin of Fastify out of a handler of fetch requests. It answers all requests below its prefix, and the body is
 * left to the handler; parsers of other routes stay as they are.
 *
 * @example
 * import { createProxy, toFastifyPlugin } from '@zenovay/tracker/node'
 * const proxy = createProxy({ collector: 'https://collector.example', path: '/stats', key: '0123456789abcdef0123456789abcdef' })
 * export const plugin = toFastifyPlugin(proxy) // app.register(plugin, { prefix: '/stats' })
 */
export function toFastifyPlugin(
  handler: FetchHandler,
): (scope: FastifyScope, options: unknown, done: () => void) => void {
  const listener = toNodeListener(handler)
  return (scope, _options, done) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null))
    const answer = ({ raw }: FastifyRequest, reply: FastifyReply) => {
      reply.hijack()
      listener(raw, reply.raw)
    }
    scope.all('/', answer)
    scope.all('/*', answer)
    done()
  }
}
