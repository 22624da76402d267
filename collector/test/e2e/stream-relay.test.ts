import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeEvent } from '../support/make-event.js'
import { readStream } from '../support/read-stream.js'
import { startTestCollector, type TestCollector } from '../support/start-test-collector.js'

let collector: TestCollector
beforeAll(async () => {
  collector = await startTestCollector()
})
afterAll(() => collector.close())

/** The server of docs/stream.md with the URL of the collector, on a free port that it prints. */
async function startRelay(): Promise<{ url: string; stop: () => Promise<unknown> }> {
  const page = await readFile(new URL('../../../docs/stream.md', import.meta.url), 'utf8')
  const [, code] = /## In a browser[^]*?```js\n(import [^]*?)```/.exec(page)!
  const program = code!
    .replace('http://127.0.0.1:8787', collector.url)
    .replace('.listen(3000)', ".listen(0, '127.0.0.1', function () { console.log(this.address().port) })")
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ZENOVAY_API_KEY: collector.apiKey, ZENOVAY_SITE_ID: collector.site.id },
  })
  const [port] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  return { url: `http://127.0.0.1:${port}`, stop: () => (child.kill(), once(child, 'exit')) }
}

it('forwards every event to browsers without revealing the API key', async () => {
  const relay = await startRelay()
  const first = await readStream(relay.url, {})
  await expect.poll(() => first.dataOf('live')).toEqual([{ visitors: 0 }])
  expect(first.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  first.cut()
  await collector.post(makeEvent({ event_id: 'meanwhile' }))
  const again = await readStream(relay.url, { 'last-event-id': first.lastId() })
  await expect.poll(() => again.dataOf('hit'), { timeout: 10_000 }).toMatchObject([{ id: 'meanwhile' }])
  // The relay stops during a read: its page loses the stream, and the collector loses a reader.
  await relay.stop()
  await expect.poll(() => again.isEnded()).toBe(true)
})
