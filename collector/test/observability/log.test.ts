import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { expect, it } from 'vitest'
import { createLog } from '../../src/observability/log.js'
import { createTestApp } from '../support/create-test-app.js'

function logged(write: (log: ReturnType<typeof createLog>) => void): string[] {
  const lines: string[] = []
  write(createLog('trace', { write: (line: string) => void lines.push(line) }))
  return lines
}

it('writes one line of printable JSON for any error', () => {
  const error = new Error('line one\nline two \u001b[2J \u009b31m \u2028 "quoted" {"level":60}')
  const lines = logged((log) => log.error({ err: error }, 'failed'))
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatch(/^[\x20-\x7e]+\n$/)
  const { err } = JSON.parse(lines[0]!) as { err: { type: string; message: string; stack: string } }
  expect(err).toMatchObject({ type: 'Error', message: 'line one line two ?[2J ?31m "quoted" {"level":60}' })
  expect(logged((log) => log.warn({ error: 'a \u009b31m text' }, 'failed'))[0]).toContain('"a ?31m text"')
  expect(err.stack).toContain('log.test.ts')
  expect(err.stack).not.toContain('line two')
})

it('omits additional error properties that may contain the URL of a visitor', () => {
  let error: unknown
  try {
    new URL('//planted-secret')
  } catch (thrown) {
    error = Object.assign(thrown as Error, { rawPacket: Buffer.from('planted-secret') })
  }
  expect((error as { input: string }).input).toContain('planted-secret')
  const [line] = logged((log) => log.error({ err: error }, 'failed'))
  expect(line).toContain('ERR_INVALID_URL')
  expect(line).not.toMatch(/planted|112,108,97/)
})

it('logs no body, address, user agent or query string, even at the most verbose level', async () => {
  const { app, site, log, close } = await createTestApp({
    identifier: { identify: () => Promise.reject(new Error('a fault')) },
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const event =
    '{"session_id":"planted-0001","url":"https://example.com/?planted","device_type":"planted","browser":"planted","os":"planted","user_agent":"planted"}'
  const headers = 'host: planted\r\nuser-agent: planted\r\nx-forwarded-for: 203.0.113.99\r\n'
  for (const request of [
    `POST /e/${site.trackingCode}?planted=1 HTTP/1.1\r\n${headers}content-type: text/plain\r\nconnection: close\r\ncontent-length: ${event.length}\r\n\r\n${event}`,
    `GET /planted?planted=1 HTTP/1.1\r\n${headers}connection: close\r\n\r\n`,
    `GET /%zz?planted HTTP/1.1\r\n${headers}connection: close\r\n\r\n`,
    `planted \u001b[2J garbage\r\n\r\n`,
    `GET / HTTP/1.1\r\nplanted: ${'x'.repeat(20_000)}\r\n\r\n`,
  ]) {
    const socket = connect(port, '127.0.0.1').resume()
    socket.write(request)
    await once(socket, 'close')
  }
  await close()
  const messages = log.map((line) => (JSON.parse(line) as { msg: string }).msg)
  expect(messages).toEqual(
    expect.arrayContaining(['INTERNAL_ERROR', 'client error', 'client header_overflow']),
  )
  expect(
    log.filter((line) => /planted|203\.0\.113|127\.0\.0\.1:\d+.*planted|[^\x20-\x7e\n]/.test(line)),
  ).toEqual([])
})
