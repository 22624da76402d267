#!/usr/bin/env -S node --max-semi-space-size=128
// @ts-check
// The baseline of bench/ingest and bench/live: Fastify with the same body parser and validator, which
// answers at once and stores nothing.
import { MAX_BODY_BYTES, validateEvent } from '@zenovay/tracker/contract'
import Fastify from 'fastify'

const app = Fastify()
app.removeAllContentTypeParsers()
app.addContentTypeParser(
  'text/plain',
  { parseAs: 'string', bodyLimit: MAX_BODY_BYTES },
  (_request, body, done) => done(null, body),
)
app.post('/e/:code', (request, reply) => {
  const result = validateEvent(JSON.parse(/** @type {string} */ (request.body)))
  if (!('faults' in result)) return reply.send({ success: true })
  return reply.code(400).send({ success: false, error: { code: 'VALIDATION_ERROR', details: result.faults } })
})
app.get('/live/:code', (_request, reply) =>
  reply.send({ visitors: 0, count: 0, timestamp: new Date().toISOString() }),
)
console.log(`collector: ${await app.listen({ port: 0, host: '127.0.0.1' })}`)
console.log('ready')
