import { MAX_BODY_BYTES } from '@zenovay/tracker/contract'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ApiError } from '../errors.js'
import type { Ingest, IngestRequest } from '../ingest/create-ingest.js'
import type { Site } from '../stores/control-store.js'

interface CodeParams {
  Params: { code: string }
  Body: string
}

/** The language that a browser likes best, of `de-CH,de;q=0.9`; servers send `*`, or nothing. */
function firstLanguage(header = ''): string {
  return /^[a-z][\w-]*/i.exec(header)?.[0] ?? ''
}

/** `POST /e/{code}` and `POST /e/heartbeat/{code}`. */
export function addIngestRoutes(app: FastifyInstance, { ingest, findSite }: { ingest: Ingest; findSite: (code: string) => Promise<Site | undefined> }): void {
  void app.register((routes, _options, done) => {
    routes.removeAllContentTypeParsers()
    // A beacon is text/plain so that it needs no preflight; both are the same JSON. The decode stage parses it.
    routes.addContentTypeParser(['application/json', 'text/plain'], { parseAs: 'string', bodyLimit: MAX_BODY_BYTES }, (_request, body, parsed) => parsed(null, body))

    const read = async (request: FastifyRequest<CodeParams>): Promise<IngestRequest> => {
      const site = await findSite(request.params.code)
      if (!site) throw new ApiError('UNKNOWN_TRACKING_CODE')
      return { site, body: request.body ?? '', ip: request.ip, origin: request.headers.origin, language: firstLanguage(request.headers['accept-language']) }
    }

    routes.post<CodeParams>('/e/:code', async (request) => ingest.takeEvents(await read(request)))
    routes.post<CodeParams>('/e/heartbeat/:code', async (request) => ingest.takeHeartbeat(await read(request)))
    done()
  })
}
