import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createApiKey } from '@zenovay/collector'
import type { IngestEvent } from '@zenovay/tracker/contract'
import { expect, it } from 'vitest'
import { openControlStores } from '../../src/stores/sql/database.js'
import { makeEvent } from '../support/make-event.js'
import { readEveryRow } from '../support/read-every-row.js'
import { readStream } from '../support/read-stream.js'
import { startCommand } from '../support/run-command.js'
import { startReceiver } from '../support/start-receiver.js'

const CA_FILE = fileURLToPath(new URL('../../../test/fixtures/tls/ca.pem', import.meta.url))

const planted: string[] = []
const plant = (secret: string) => {
  planted.push(secret)
  return secret
}
const hex = () => randomBytes(16).toString('hex')
const token = () => plant(hex())
const email = () => plant(`${hex()}@mail.example`)
const jsonWebToken = () => plant(`eyJ${hex()}.eyJ${hex()}.${hex()}${hex()}`)
const url = (path: string) =>
  `https://example.com${path}?access_token=${token()}&to=${email()}#id_token=${token()}`

const named = (event_name: string, properties: IngestEvent['properties']): Partial<IngestEvent> => ({
  event_type: 'custom',
  event_name,
  properties: { ...properties, kept: `kept ${event_name}` },
})

/** What a tracker captures on pages whose links, forms, texts, files and errors have secrets. */
const makeCaptured = (): Partial<IngestEvent>[] => [
  { url: url('/find'), title: `Results for ${email()}`, referrer: url('/from') },
  { url: `https://example.com/find?q=${email()}&password=${token()}` },
  named('outbound_click', { url: url('/out'), text: `Write to ${email()}` }),
  named('file_download', { url: url('/a.pdf'), extension: 'pdf', text: `For ${email()}` }),
  named('form_submit', {
    action: url('/send'),
    form: `form-${email()}`,
    name: email(),
    method: 'post',
    fields: 3,
  }),
  named('rage_click', { text: `${email()} ${url('/rage')}`, selector: `a[href="${url('/rage')}"]` }),
  named('dead_click', { text: jsonWebToken(), selector: `#user-${email()}` }),
  named('copy', { id: email(), length: 20 }),
  named('video_progress', { title: `Call with ${email()}`, file: url('/call.mp4'), percent: 25 }),
  named('view', { name: email() }),
  named('not_found', { status: 404, url: url('/gone') }),
  {
    event_type: 'error',
    properties: {
      kept: 'kept error',
      type: 'Error',
      handled: false,
      message: `cannot load ${url('/api')} for ${email()}: ${jsonWebToken()}`,
      file: url('/app.js'),
      frame_1: `load@${url('/app.js')}:1:2`,
      frame_2: `at ${url('/vendor.js')}:3:4`,
      cause: `TypeError: ${url('/cause')} ${jsonWebToken()}`,
    },
  },
  {
    event_type: 'engagement',
    url: url('/read'),
    properties: { kept: 'kept engagement', engaged_ms: 900, view: 'view-of-a-page', title: email() },
  },
  {
    event_type: 'performance',
    properties: {
      kept: 'kept performance',
      lcp: 900,
      nav: 0,
      view: 'view-of-a-page',
      lcp_element: `#user-${email()}`,
    },
  },
]

it('stores, streams and delivers no secret of what is captured on a page', async () => {
  const receiver = await startReceiver()
  const env = {
    PORT: '0',
    DATA_DIR: mkdtempSync(join(tmpdir(), 'zenovay-captured-')),
    LOG_LEVEL: 'silent',
    WEBHOOK_ALLOW_LOOPBACK: '127.0.0.1',
    NODE_EXTRA_CA_CERTS: CA_FILE,
  }
  const { control } = await openControlStores(join(env.DATA_DIR, 'control.db'))
  const { secret: key, record } = createApiKey({ name: 'test', siteId: null, scope: 'admin' }, Date.now())
  await control.addApiKey(record)
  const site = await control.addSite({ domain: 'example.com', name: 'Example', allowedDomains: [] })
  await control.close()
  const { child, url: collector } = await startCommand(env)
  const headers = { 'x-api-key': key }
  const made = await fetch(`${collector}/api/webhooks`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ siteId: site.id, events: ['event', 'pageview'], url: receiver.url }),
  })
  expect(made.ok, await made.clone().text()).toBe(true)
  const stream = await readStream(`${collector}/api/stream/${site.id}`, headers)

  const events = makeCaptured().map((fields) => makeEvent(fields))
  const answer = await fetch(`${collector}/e/${site.trackingCode}`, {
    method: 'POST',
    body: JSON.stringify(events),
  })
  expect(await answer.json()).toMatchObject({ accepted: events.length })
  expect(planted.length).toBeGreaterThanOrEqual(60)

  await expect.poll(() => stream.dataOf('hit').length, { timeout: 30_000 }).toBe(events.length)
  stream.cut()
  await receiver.waitFor(10)
  let tables = ''
  for (const path of [
    'pages',
    'searches',
    'events',
    'vitals',
    ...['outbound_click', 'file_download', 'form_submit', 'rage_click', 'copy', 'view'].map(
      (name) => `events/${name}`,
    ),
  ]) {
    const report = await fetch(
      `${collector}/api/external/v1/analytics/${site.id}/${path}?range=24h&format=csv`,
      { headers },
    )
    expect([path, report.status]).toEqual([path, 200])
    tables += await report.text()
  }
  const groups = await fetch(`${collector}/api/external/v1/errors/${site.id}/groups?range=24h`, { headers })
  const group = ((await groups.json()) as { data: { error_groups: { id: string }[] } }).data.error_groups[0]!
  const details = await fetch(`${collector}/api/external/v1/errors/${site.id}/groups/${group.id}?range=24h`, {
    headers,
  })
  const found = {
    tables,
    error: await details.text(),
    stream: JSON.stringify(stream.messages),
    webhooks: JSON.stringify(receiver.received.map(({ body }) => body)),
    rows: '',
  }
  child.kill()
  await once(child, 'close')
  found.rows = await readEveryRow(env.DATA_DIR)

  for (const [place, text] of Object.entries(found))
    expect([place, planted.filter((secret) => text.includes(secret))]).toEqual([place, []])
  // What the site itself says is kept.
  for (const { event_type, event_name, properties } of events)
    if (properties) expect(found.rows).toContain(`kept ${event_name ?? event_type!}`)
  expect(found.stream).toContain('kept outbound_click')
  expect(found.error).toContain('/app.js')

  await receiver.close()
  rmSync(env.DATA_DIR, { recursive: true })
})
