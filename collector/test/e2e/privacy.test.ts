import { spawn } from 'node:child_process'
import { randomBytes, randomInt } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeEvent } from '../support/make-event.js'
import { readEveryRow } from '../support/read-every-row.js'
import { runCommand } from '../support/run-command.js'
import { searchFolder } from '../support/search-folder.js'

const COMMAND = fileURLToPath(new URL('../../bin/zenovay-collector.mjs', import.meta.url))
const CLOCK = new URL('../support/shift-clock.mjs', import.meta.url).href
const HOUR_MS = 3_600_000
const VISITORS = 100

let dataDir: string
let env: Record<string, string>
let log = ''

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'zenovay-privacy-'))
  env = { DATA_DIR: dataDir, PORT: '0', LOG_LEVEL: 'trace', TRUSTED_PROXIES: '127.0.0.1' }
})
afterAll(() => rm(dataDir, { recursive: true }))

/** Runs the collector as a user would, with its clock ahead, while `use` lasts. */
async function withCollector(aheadMs: number, use: (url: string) => Promise<void>): Promise<void> {
  const child = spawn(process.execPath, ['--import', CLOCK, COMMAND, 'start'], {
    env: { ...process.env, ...env, CLOCK_AHEAD_MS: String(aheadMs) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stderr.on('data', (data: Buffer) => (log += data.toString()))
  let output = ''
  for await (const data of child.stdout as AsyncIterable<Buffer>) {
    output += data.toString()
    if (output.includes('ready\n')) break
  }
  try {
    await use(/collector: (\S+)/.exec(output)![1]!)
  } finally {
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
  }
}

interface Visitor {
  ip: string
  email: string
  token: string
  agent: string
}

const visitors: Visitor[] = Array.from({ length: VISITORS }, () => ({
  ip: [randomInt(11, 224), randomInt(256), randomInt(256), randomInt(10, 256)].join('.'),
  email: `${randomBytes(6).toString('hex')}@${randomBytes(6).toString('hex')}.example`,
  token: randomBytes(16).toString('hex'),
  // Digits only, because hexadecimal text may contain a word such as "feed", which names a bot.
  agent: String(randomBytes(8).readBigUInt64BE()),
}))
const planted = visitors.flatMap(({ ip, email, token, agent }) => [
  ip,
  email,
  encodeURIComponent(email),
  token,
  agent,
])

/**
 * A visitor's events and failing requests, with the visitor's secrets in every place that is not data of the
 * site.
 */
async function visit(url: string, { ip, email, token, agent }: Visitor): Promise<void> {
  const post = (path: string, body: unknown) =>
    fetch(url + path, {
      method: 'POST',
      headers: {
        'content-type': 'text/plain',
        'x-forwarded-for': ip,
        'x-real-ip': ip,
        authorization: `Bearer ${token}`,
        cookie: `session=${token}`,
        referer: `https://example.com/?token=${token}`,
        'user-agent': agent,
        'accept-language': `${token};q=1`,
      },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
  const { visitor_id: _none, ...event } = makeEvent({
    cookieless: true,
    session_id: 'page-load-0001',
    title: `Inbox of ${email}`,
    url: `https://ann:${token}@example.com/user/${email}/inbox;jsessionid=${token}?a=1&reset%54oken=${token}&q=${encodeURIComponent(email)}&client=${ip}&next=${encodeURIComponent(`/x?password=${token}`)}#access_token=${token}`,
    referrer: `https://search.example/?q=${email}&sessionId=${token}&ip=${ip}`,
    user_agent: `Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0 Shop/${agent} ${ip}`,
  })
  expect((await post(`/e/${code}`, event)).status).toBe(200)
  expect(
    (
      await post(`/e/${code}`, {
        ...event,
        event_id: undefined,
        cookieless: undefined,
        gpc: true,
        visitor_id: token,
        user_id: email,
      })
    ).status,
  ).toBe(200)
  expect(
    (
      await post(`/e/heartbeat/${code}`, {
        session_id: 'page-load-0001',
        url: `https://example.com/?token=${token}`,
      })
    ).status,
  ).toBe(200)
  for (const bad of [
    { ...event, session_id: 1 },
    { ...event, user_agent: `curl ${token}` },
    `{"broken ${token} ${ip} ${email}`,
  ])
    expect((await post(`/e/${code}`, bad)).ok).toBe(false)
}

let code: string

it('keeps no IP address, email address, token, user agent or salt in any file, row or log line after 49 hours', async () => {
  code = /tracking code: (\S+)/.exec((await runCommand(['site', 'add', 'example.com'], env)).stdout)![1]!
  await withCollector(0, async (url) => {
    for (let first = 0; first < VISITORS; first += 10)
      await Promise.all(visitors.slice(first, first + 10).map((visitor) => visit(url, visitor)))
  })
  const saltFolder = join(dataDir, 'salts')
  const salts = await Promise.all((await readdir(saltFolder)).map((day) => readFile(join(saltFolder, day))))
  expect(salts.length).toBeGreaterThan(0)
  const forms = salts.flatMap((salt) => [salt, salt.toString('hex'), salt.toString('base64')])
  // Proves that the search works: the salts exist now.
  expect(await searchFolder(dataDir, forms)).toHaveLength(salts.length)

  await withCollector(49 * HOUR_MS, () => Promise.resolve())
  expect(await searchFolder(dataDir, [...forms, ...planted])).toEqual([])
  expect([...forms, ...planted].filter((secret) => log.includes(secret.toString()))).toEqual([])
  expect(log).toContain('"level"')

  const rows = await readEveryRow(dataDir)
  expect(rows.split('/user/[email]/inbox;jsessionid=').length - 1).toBe(2 * VISITORS)
  expect([...forms, ...planted].filter((secret) => rows.includes(secret.toString()))).toEqual([])
})
