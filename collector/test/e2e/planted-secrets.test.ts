import { createHmac, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createApiKey, readConfig } from '@zenovay/collector'
import { expect, it, vi } from 'vitest'
import { listKeys } from '../../src/cli/keys.js'
import { listWebhooks } from '../../src/cli/webhooks.js'
import { openControlStores } from '../../src/stores/sql/database.js'
import { makeEvent } from '../support/make-event.js'
import { startCommand } from '../support/run-command.js'
import { searchFolder } from '../support/search-folder.js'
import { startMailServer } from '../support/start-mail-server.js'
import { startReceiver } from '../support/start-receiver.js'

const CA_FILE = fileURLToPath(new URL('../../../test/fixtures/tls/ca.pem', import.meta.url))
const SIX = [1, 2, 3, 4, 5, 6]

interface Body {
  id: string
  secret: string
  data: { id: string; key: string; notices: { error: string | null }[] }
  webhook: { id: string; secret: string }
}

/** Secrets given to the collector: no answer may contain them. */
const given: string[] = []
/** Secrets created by the collector: each appears in one answer. */
const made: string[] = []
const plant = (before = '', after = '') => {
  const secret = randomBytes(16).toString('hex')
  given.push(secret)
  return before + secret + after
}
/** All forms in which a secret may appear in a file or a text. */
const formsOf = (secret: string): (string | Buffer)[] => {
  const text = secret.replace(/^whsec_|^zv_[0-9a-f]{16}_/, '')
  const bytes = Buffer.from(text, secret.startsWith('whsec_') ? 'base64' : 'hex')
  return [
    text,
    bytes,
    ...(['hex', 'base64', 'base64url'] as const).map((encoding) => bytes.toString(encoding)),
  ]
}
const count = (text: string, secret: string) => text.split(secret).length - 1

it('reveals a secret only in the response that creates it', async () => {
  const receiver = await startReceiver({
    otherwise: (response, request) => response.writeHead(500).end(`not now, ${request.url}`),
  })
  const mails = await startMailServer()
  const dataDir = mkdtempSync(join(tmpdir(), 'zenovay-planted-'))
  const masterKey = randomBytes(32).toString('hex')
  given.push(masterKey)
  const [stripe, uptime, metrics, proxy] = [plant('whsec_'), plant(), plant(), plant()]
  const env = {
    PORT: '0',
    DATA_DIR: dataDir,
    LOG_LEVEL: 'trace',
    WEBHOOK_ALLOW_LOOPBACK: '127.0.0.1',
    NODE_EXTRA_CA_CERTS: CA_FILE,
    STRIPE_PRICES: 'price_1:pro',
    MASTER_KEY: masterKey,
    STRIPE_WEBHOOK_SECRET: stripe,
    UPTIME_TOKEN: uptime,
    METRICS_TOKEN: metrics,
    PROXY_KEYS: `${proxy},${plant()}x`,
    SMTP_URL: mails.url.replace('//', `//mailer:${plant()}@`),
    MAIL_FROM: 'alerts@example.com',
    PUBLIC_URL: 'https://stats.example.com',
    MAIL_TRUSTED_RECIPIENTS: 'example.com',
  }
  const stores = await openControlStores(join(dataDir, 'control.db'))
  const site = await stores.control.addSite({ domain: 'example.com', name: 'Example', allowedDomains: [] })
  const { secret: adminKey, record } = createApiKey(
    { name: 'admin', siteId: null, scope: 'admin' },
    Date.now(),
  )
  given.push(adminKey)
  await stores.control.addApiKey(record)
  let log = ''
  const { child, url } = await startCommand(env, (text) => (log += text))

  let answers = ''
  const ask = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const answer = await fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${adminKey}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await answer.text()
    answers += `${JSON.stringify([...answer.headers])}\n${text}\n`
    return {
      status: answer.status,
      text,
      body: (answer.headers.get('content-type')?.startsWith('application/json')
        ? JSON.parse(text)
        : {}) as Body,
    }
  }
  const keep = (secret: string) => made.push(secret)
  const makeAlert = (destination: object) => ({
    site_id: site.id,
    name: 'Down',
    metric: 'uptime',
    destinations: [destination],
  })
  const slack = () => ({ type: 'slack', url: plant(receiver.url.replace('/hook', '/services/')) })

  // Webhooks of both APIs, each with its secret rotated later.
  for (const [path, fields] of [
    ['/v1/cli/mutate/webhooks', {}],
    ['/api/webhooks', { siteId: site.id, events: ['event'] }],
  ] as const)
    for (const number of SIX) {
      const { body } = await ask('POST', path, { url: `${receiver.url}/${number}`, ...fields })
      const { id, secret } = body.webhook ?? body
      keep(secret)
      if (number <= 3) keep((await ask('POST', `/v1/cli/mutate/webhooks/${id}/rotate`)).body.secret)
      if (number === 1) await ask('POST', `/v1/cli/mutate/webhooks/${id}/test`)
      if (number === 2) await ask('DELETE', `/v1/cli/mutate/webhooks/${id}`)
    }
  const alerts: string[] = []
  for (const number of SIX) {
    keep((await ask('POST', '/api/keys', { name: `Key ${number}` })).body.data.key)
    const { id } = (await ask('POST', '/api/alerts', makeAlert(slack()))).body.data
    await ask('PATCH', `/api/alerts/${id}`, { destinations: [slack()] })
    alerts.push(id)
  }
  alerts.push(
    (await ask('POST', '/api/alerts', makeAlert({ type: 'email', address: 'ops@example.com' }))).body.data.id,
  )

  // No error message quotes a rejected value.
  const credentials = () => plant('https://ann:', '@hooks.example.com/')
  expect((await ask('POST', '/v1/cli/mutate/webhooks', { url: credentials() })).status).toBe(400)
  expect(
    (await ask('POST', '/api/webhooks', { siteId: site.id, events: ['event'], url: credentials() })).status,
  ).toBe(400)
  expect((await ask('POST', '/api/alerts', makeAlert({ type: 'slack', url: credentials() }))).status).toBe(
    400,
  )
  expect((await ask('POST', '/api/keys', plant('{"name": "'))).status).toBe(400)
  expect((await ask('GET', plant('/api/nothing?key='))).status).toBe(404)
  expect(
    (
      await ask('GET', '/api/keys', undefined, {
        authorization: plant('Bearer zv_0123456789abcdef_', randomBytes(16).toString('hex')),
      })
    ).status,
  ).toBe(401)
  const sign = (secret: string, body: string) =>
    `t=${Math.floor(Date.now() / 1000)},v1=${createHmac('sha256', secret)
      .update(`${Math.floor(Date.now() / 1000)}.${body}`)
      .digest('hex')}`
  const payment = JSON.stringify({ id: 'evt_1', created: 1, type: 'invoice.paid', data: { object: {} } })
  expect(
    (await ask('POST', '/webhooks/stripe', payment, { 'stripe-signature': sign(plant('whsec_'), payment) }))
      .status,
  ).toBe(401)
  expect(
    (await ask('POST', '/webhooks/stripe', payment, { 'stripe-signature': sign(stripe, payment) })).status,
  ).toBe(200)
  const report = { site_id: site.id, status: 'down' }
  expect((await ask('POST', '/webhooks/uptime', report, { authorization: plant('Bearer ') })).status).toBe(
    401,
  )
  expect((await ask('POST', '/webhooks/uptime', report, { authorization: `Bearer ${uptime}` })).status).toBe(
    200,
  )
  const wrong = {
    CLICKHOUSE_URL: plant('ftp://ann:', '@host'),
    SMTP_URL: plant('ftp://ann:', '@host'),
    MASTER_KEY: plant('short '),
    STRIPE_WEBHOOK_SECRET: plant('none '),
    UPTIME_TOKEN: plant('a b '),
    METRICS_TOKEN: plant('a b '),
  }
  let refusal = ''
  try {
    readConfig(wrong)
  } catch (error) {
    refusal = String(error)
  }
  expect(refusal).toContain('MASTER_KEY')

  // Every notification was attempted and failed.
  for (const id of alerts)
    await vi.waitFor(
      async () =>
        expect((await ask('GET', `/api/alerts/${id}`)).body.data.notices[0]?.error).toMatch(
          /HTTP 500|SMTP 502/,
        ),
      { timeout: 10_000 },
    )
  await fetch(`${url}/e/${site.trackingCode}`, {
    method: 'POST',
    headers: { 'x-zenovay-proxy-key': proxy, 'x-zenovay-client-address': '192.0.2.1' },
    body: JSON.stringify(makeEvent({ event_type: 'custom', event_name: 'x' })),
  })
  await receiver.waitFor(10, ({ headers }) => headers['x-zenovay-event'] === 'event')
  const lists = [
    '/v1/cli/mutate/webhooks',
    `/api/webhooks?siteId=${site.id}`,
    '/api/keys',
    '/api/alerts',
    `/api/activity-log?siteId=${site.id}&limit=100`,
    '/api/external/v1/usage',
    '/api/external/v1/openapi.json',
  ]
  for (const list of lists) expect((await ask('GET', list)).status).toBe(200)
  expect((await ask('GET', '/metrics', undefined, { authorization: `Bearer ${metrics}` })).status).toBe(200)
  const lines: string[] = []
  await listWebhooks(stores, (line) => void lines.push(line))
  await listKeys(stores.control, {}, (line) => void lines.push(line))
  expect(lines).toHaveLength(10 + 7)

  // The write-ahead log exists while the collector runs; a copy of both files equals a backup.
  const secrets = [...given, ...made].flatMap(formsOf)
  expect(given.length + made.length).toBeGreaterThanOrEqual(50)
  await stores.control.copyTo(join(dataDir, 'copy.db'))
  expect(await searchFolder(dataDir, secrets)).toEqual([])
  expect((await searchFolder(dataDir, [record.id])).map((hit) => hit.slice(dataDir.length + 1))).toEqual([
    `control.db-wal: ${record.id}`,
    `copy.db: ${record.id}`,
  ])
  await stores.control.close()
  child.kill()
  await once(child, 'close')
  expect(await searchFolder(dataDir, secrets)).toEqual([])

  const shown = (text: string) =>
    [...given, ...made].filter((secret) =>
      formsOf(secret).some((form) => typeof form === 'string' && text.includes(form)),
    )
  expect(log).toContain('alert notification failed')
  for (const text of [log, refusal, lines.join('\n')]) expect(shown(text)).toEqual([])
  expect(given.filter((secret) => shown(answers).includes(secret))).toEqual([])
  expect(made.map((secret) => count(answers, secret))).toEqual(made.map(() => 1))

  await Promise.all([receiver.close(), mails.close()])
  rmSync(dataDir, { recursive: true })
})
