import type { FastifyInstance } from 'fastify'

/** Takes JSON bodies alone, as text for the decode stage. A form or a text/plain request of a foreign page needs no preflight, and is refused. */
export function takeJsonText(routes: FastifyInstance, bodyLimit: number): void {
  routes.removeAllContentTypeParsers()
  routes.addContentTypeParser(
    'application/json',
    { parseAs: 'string', bodyLimit },
    (_request, body, parsed) => parsed(null, body),
  )
}
