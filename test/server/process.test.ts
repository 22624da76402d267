import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, it } from 'vitest'

const ROOT = new URL('../../', import.meta.url)

let collector: Server
let url: string
const received: string[] = []
beforeAll(async () => {
  collector = createServer((request, response) => {
    void text(request).then((body) => {
      received.push(body)
      const status = request.url!.endsWith('ZV_REFUSED1') ? 403 : 200
      response.writeHead(status).end(JSON.stringify(status === 200 ? { success: true } : {}))
    })
  })
  collector.listen(0, '127.0.0.1')
  await once(collector, 'listening')
  url = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`
})
afterAll(() => void collector.close())

/** Runs a program that has a tracker and an event, and returns how it ended and what it printed. */
async function run(program: string, { code = 'ZV_TEST1', apiUrl = url } = {}) {
  const script = `
    import { createServerTracker } from '@zenovay/tracker/node'
    const tracker = createServerTracker({ trackingCode: '${code}', apiUrl: '${apiUrl}' })
    const event = { url: 'https://example.com/', sessionId: 'session-1' }
    ${program}`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { cwd: ROOT })
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number]>,
  ])
  return { status, stdout, stderr }
}

it('leaves neither timer nor socket after close', async () => {
  const { status, stdout } = await run(`
    void tracker.track('a', event)
    console.log((await tracker.close()).stored)
    // The connection is closed in a later task.
    await new Promise((resolve) => setTimeout(resolve, 50))
    console.log(process.getActiveResourcesInfo().filter((name) => /Time|TCP/.test(name)))`)
  expect(status).toBe(0)
  expect(stdout).toBe('1\n[]\n')
})

it('sends what waits before a process that has nothing more to do ends', async () => {
  received.length = 0
  const { status, stderr } = await run(`void tracker.track('last', event)`)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(received.map((body) => (JSON.parse(body) as { event_name: string }[])[0]!.event_name)).toEqual([
    'last',
  ])
})

it('keeps no process alive, and says how many events it could not deliver', async () => {
  const { status, stderr } = await run(`void tracker.track('lost', event)`, { apiUrl: 'http://127.0.0.1:1' })
  expect(status).toBe(0)
  expect(stderr).toMatch(
    /^zenovay: the process ends before its events are delivered: 1\. The collector cannot be reached/,
  )
})

it('survives a refusal that nobody looks at', async () => {
  const { status, stdout, stderr } = await run(
    `void tracker.track('a', event)
    void tracker.track('', {})
    await tracker.flush()
    await new Promise((resolve) => setTimeout(resolve, 20))
    console.log(tracker.stats().refused)`,
    { code: 'ZV_REFUSED1' },
  )
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '2\n', stderr: '' })
})
