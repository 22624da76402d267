import { execFile, execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { ErrorBody } from '@zenovay/tracker/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestCollector, type TestCollector } from '../support/start-test-collector.js'

const run = promisify(execFile)
const fileOf = (name: string) => fileURLToPath(new URL(`./server-samples/${name}`, import.meta.url))

const CLIENTS = [
  {
    name: 'curl',
    command: 'sh',
    file: 'send.sh',
    check: ['-c', 'curl --version'],
    needs: 'curl is not installed',
  },
  { name: 'node', command: process.execPath, file: 'send.mjs', check: ['--version'], needs: '' },
  {
    name: 'python',
    command: 'python3',
    file: 'send.py',
    check: ['-c', 'import requests'],
    needs: 'python3 with requests is not installed',
  },
  {
    name: 'php',
    command: 'php',
    file: 'send.php',
    check: ['-r', 'curl_init() || exit(1);'],
    needs: 'php with curl is not installed',
  },
]

let collector: TestCollector

beforeAll(async () => {
  collector = await startTestCollector()
})
afterAll(() => collector.close())

describe.each(CLIENTS)('a server that sends with $name', ({ name, command, file, check, needs }) => {
  const isThere = () => {
    try {
      execFileSync(command, check, { stdio: 'ignore' })
      return true
    } catch {
      return false
    }
  }
  /** Body and status of each answer. */
  const send = async (...args: string[]) => {
    const { stdout } = await run(command, [
      fileOf(file),
      `${collector.url}/e/${collector.site.trackingCode}`,
      ...args,
    ])
    return stdout
      .trimEnd()
      .split('\n')
      .map((line) => [JSON.parse(line.slice(0, -4)) as unknown, Number(line.slice(-3))])
  }

  it('stores the events that a documented server sample sends', async ({ skip }) => {
    if (!isThere()) skip(needs)
    expect(await send(`srv-${name}-stored`)).toEqual(Array(3).fill([{ success: true }, 200]))
    const rows = await collector.select(
      `SELECT event_type, event_name, path, properties, browser FROM events WHERE session_id = 'srv-${name}-stored' ORDER BY event_type, event_name`,
    )
    const path = `/from-${name}`
    expect(rows).toEqual([
      { event_type: 'custom', event_name: `empty_from_${name}`, path, properties: '{}', browser: 'server' },
      {
        event_type: 'custom',
        event_name: `from_${name}`,
        path,
        properties: '{"order":"A-1","value":9.5,"paid":true}',
        browser: 'server',
      },
      { event_type: 'pageview', event_name: '', path, properties: '{}', browser: 'server' },
    ])
  })

  it('returns the missing fields to a documented server sample', async ({ skip }) => {
    if (!isThere()) skip(needs)
    const answers = await send('short', 'uri')
    expect(answers.map(([, status]) => status)).toEqual([400, 400, 400])
    for (const [body] of answers) {
      const { error } = body as ErrorBody
      expect(error.code).toBe('VALIDATION_ERROR')
      expect(error.details!.map(({ field }) => field)).toEqual(['session_id', 'url'])
    }
  })
})
