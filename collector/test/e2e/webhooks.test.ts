import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createApiKey } from '@zenovay/collector'
import { expect, it } from 'vitest'
import { openControlStores } from '../../src/stores/sql/database.js'
import { makeEvent } from '../support/make-event.js'
import { startCommand } from '../support/run-command.js'
import { startReceiver } from '../support/start-receiver.js'

const CA_FILE = fileURLToPath(new URL('../../../test/fixtures/tls/ca.pem', import.meta.url))

it('delivers webhooks to the configured loopback address and rejects other internal addresses', async () => {
  const receiver = await startReceiver()
  const selfSigned = await startReceiver({ certificate: 'self-signed' })
  const neighbour = await startReceiver({ host: '127.0.0.2' })
  const env = {
    PORT: '0',
    DATA_DIR: mkdtempSync(join(tmpdir(), 'zenovay-running-')),
    LOG_LEVEL: 'silent',
    WEBHOOK_ALLOW_LOOPBACK: '127.0.0.1',
    NODE_EXTRA_CA_CERTS: CA_FILE,
  }
  const { control } = await openControlStores(join(env.DATA_DIR, 'control.db'))
  const { secret: key, record } = createApiKey({ name: 'test', siteId: null, scope: 'admin' }, Date.now())
  await control.addApiKey(record)
  const site = await control.addSite({ domain: 'example.com', name: 'Example', allowedDomains: [] })
  await control.close()
  const { child, url } = await startCommand(env)
  const post = async (path: string, body: object = {}) => {
    const answer = await fetch(`${url}/v1/cli/mutate/webhooks${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return (await answer.json()) as { id: string; secret: string; status: number | null; error: unknown }
  }
  const { id, secret } = await post('', { url: receiver.url })
  expect(await post(`/${id}/test`)).toMatchObject({ status: 200, body: 'ok', error: null })
  const [{ body, headers }] = receiver.received as [(typeof receiver.received)[0]]
  expect(headers['x-zenovay-signature']).toBe(createHmac('sha256', secret).update(body).digest('hex'))

  const { secret: rotated } = await post(`/${id}/rotate`)
  await post(`/${id}/test`)
  const second = receiver.received[1]!
  expect(second.headers['x-zta-signature']).toBe(
    `sha256=${createHmac('sha256', rotated).update(second.body).digest('hex')}`,
  )

  // A stored event is published before its answer.
  const event = makeEvent({ url: 'https://example.com/pricing?a=1' })
  expect(
    (await fetch(`${url}/e/${site.trackingCode}`, { method: 'POST', body: JSON.stringify(event) })).status,
  ).toBe(200)
  const [told] = await receiver.waitFor(1, (request) => request.headers['x-zenovay-event'] === 'pageview')
  expect(JSON.parse(told!.body)).toMatchObject({
    event: 'pageview',
    data: { siteId: site.id, path: '/pricing' },
  })
  expect(told!.headers['x-zenovay-signature']).toBe(
    createHmac('sha256', rotated).update(told!.body).digest('hex'),
  )

  const other = await post('', { url: selfSigned.url })
  expect(await post(`/${other.id}/test`)).toMatchObject({ status: null, error: 'tls' })
  expect(await post('', { url: neighbour.url })).toMatchObject({
    error: { details: [{ field: 'url', reason: 'URL must name a host on the public internet' }] },
  })
  expect([...selfSigned.received, ...neighbour.received]).toEqual([])

  child.kill()
  await once(child, 'close')
  await Promise.all([receiver, selfSigned, neighbour].map((one) => one.close()))
  rmSync(env.DATA_DIR, { recursive: true })
})
