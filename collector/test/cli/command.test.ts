import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LiveAnswer } from '@zenovay/tracker/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeEvent } from '../support/make-event.js'
import { runCommand, startCommand } from '../support/run-command.js'

const METRICS_TOKEN = 'token-of-these-tests-0123456789abcdef'

let dataDir: string
let env: Record<string, string>

beforeAll(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'zenovay-command-'))
  env = { DATA_DIR: dataDir, PORT: '0', LOG_LEVEL: 'silent', METRICS_TOKEN }
})
afterAll(() => rmSync(dataDir, { recursive: true }))

/** Adds a site and returns its tracking code. */
async function addSite(): Promise<string> {
  const { stdout } = await runCommand(['site', 'add', 'shop.example'], env)
  return /ZV_\w+/.exec(stdout)![0]
}

/** Waits until the collector has received this many events, acknowledged or not. */
const waitForEvents = (url: string, count: number) =>
  expect
    .poll(
      async () => {
        const metrics = await fetch(`${url}/metrics`, {
          headers: { authorization: `Bearer ${METRICS_TOKEN}` },
        })
        return /^zenovay_events_received_total (\d+)$/m.exec(await metrics.text())?.[1]
      },
      { timeout: 20_000 },
    )
    .toBe(String(count))

/** Waits until the collector accepts no new connections. */
const waitForShutdown = (url: string) =>
  expect
    .poll(() => fetch(`${url}/health/live`, { headers: { connection: 'close' } }).catch(() => undefined), {
      timeout: 20_000,
    })
    .toBeUndefined()

describe('zenovay-collector', () => {
  it('adds and lists sites, and creates API keys', async () => {
    const fresh = { ...env, DATA_DIR: join(dataDir, 'first') }
    const added = await runCommand(
      ['site', 'add', 'Example.com', '--allow', 'partner.example,cdn.example', '--name', 'Shop'],
      fresh,
    )
    const [, code] = /^tracking code: (ZV_[A-Z0-9]{11})$/m.exec(added.stdout)!
    const [, id] = /^website id: (ws_[a-z0-9]{12})$/m.exec(added.stdout)!
    expect((await runCommand(['site', 'list'], fresh)).stdout).toBe(
      `${id}\t${code}\texample.com\tShop\tUTC\t25 months\tpartner.example,cdn.example\tq,query,search,s\n`,
    )
    expect((await runCommand(['key', 'create', '--site', id!], fresh)).stdout).toMatch(
      /^api key: zv_[0-9a-f]{16}_[0-9a-f]{64}\n$/,
    )
  })

  it('creates the control store once if several commands start at the same time', async () => {
    const fresh = { ...env, DATA_DIR: join(dataDir, 'fresh') }
    const results = await Promise.all(
      ['a', 'b', 'c'].map((name) => runCommand(['site', 'add', `${name}.example`], fresh)),
    )
    expect(results.map(({ exitCode, stderr }) => [exitCode, stderr])).toEqual(Array(3).fill([0, '']))
    expect((await runCommand(['site', 'list'], fresh)).stdout.split('\n')).toHaveLength(4)
  })

  it('adds a site with an internationalized domain, updates it and removes it', async () => {
    const added = await runCommand(
      ['site', 'add', 'Bücher.example', '--timezone', 'Europe/Zurich', '--retention', '12'],
      env,
    )
    const [id, code] = [/ws_\w+/.exec(added.stdout)![0], /ZV_\w+/.exec(added.stdout)![0]]
    const line = async () =>
      (await runCommand(['site', 'list'], env)).stdout.split('\n').find((text) => text.startsWith(id))
    expect(await line()).toBe(
      [
        id,
        code,
        'xn--bcher-kva.example',
        'xn--bcher-kva.example',
        'Europe/Zurich',
        '12 months',
        '',
        'q,query,search,s',
      ].join('\t'),
    )
    expect(
      (
        await runCommand(
          [
            'site',
            'update',
            id,
            '--name',
            'Books',
            '--allow',
            'cdn.example,null',
            '--domain',
            'books.example',
            '--retention',
            '120',
            '--search',
            ' suche, q ,',
          ],
          env,
        )
      ).exitCode,
    ).toBe(0)
    expect(await line()).toBe(
      [id, code, 'books.example', 'Books', 'Europe/Zurich', '120 months', 'cdn.example,null', 'suche,q'].join(
        '\t',
      ),
    )
    expect((await runCommand(['site', 'update', id, '--allow', '', '--search', ''], env)).exitCode).toBe(0)
    expect(await line()).toBe([id, code, 'books.example', 'Books', 'Europe/Zurich', '120 months'].join('\t'))
    expect((await runCommand(['key', 'create', '--site', id, '--scope', 'admin'], env)).exitCode).toBe(0)

    const unsure = await runCommand(['site', 'remove', id], env)
    expect([unsure.exitCode, unsure.stderr]).toEqual([
      1,
      expect.stringMatching(/removes books\.example .* all its events.* --yes/),
    ])
    expect(await line()).toBeDefined()
    expect((await runCommand(['site', 'remove', id, '--yes'], env)).stdout).toMatch(/^removed: ws_/)
    expect(await line()).toBeUndefined()
  })

  it('prints the usage of the command', async () => {
    for (const args of [['--help'], ['help'], ['site', 'add', '--help']]) {
      const { exitCode, stdout } = await runCommand(args, env)
      expect([exitCode, stdout]).toEqual([
        0,
        expect.stringMatching(/^Usage: [\s\S]*site remove <id> --yes[\s\S]*--retention MONTHS/),
      ])
    }
  })

  it('keeps stored events after a restart', async () => {
    const code = await addSite()
    const first = await startCommand(env)
    expect(
      (
        await fetch(`${first.url}/e/${code}`, {
          method: 'POST',
          headers: { 'content-type': 'text/plain' },
          body: JSON.stringify(makeEvent()),
        })
      ).status,
    ).toBe(200)
    first.child.kill('SIGTERM')
    expect(await once(first.child, 'exit')).toEqual([0, null])

    const second = await startCommand(env)
    const live = (await (await fetch(`${second.url}/live/${code}`)).json()) as LiveAnswer
    second.child.kill('SIGINT')
    expect(await once(second.child, 'exit')).toEqual([0, null])
    expect(live.visitors).toBe(1)
  })

  it('answers pending requests before the collector stops', async () => {
    const code = await addSite()
    const { child, url } = await startCommand(env)
    const enginePid = Number(execFileSync('pgrep', ['-P', String(child.pid)]).toString())
    // The engine is paused, so that the collector receives SIGTERM while events are queued.
    process.kill(enginePid, 'SIGSTOP')
    const answers = Array.from({ length: 20 }, () =>
      fetch(`${url}/e/${code}`, {
        method: 'POST',
        headers: { 'content-type': 'text/plain' },
        body: JSON.stringify(makeEvent()),
      }).then((answer) => answer.status),
    )
    await waitForEvents(url, answers.length)
    child.kill('SIGTERM')
    await waitForShutdown(url)
    process.kill(enginePid, 'SIGCONT')
    expect(await Promise.all(answers)).toEqual(Array(20).fill(200))
    expect(await once(child, 'exit')).toEqual([0, null])
  })

  it('answers 503 and stops without waiting if the database engine hangs', async () => {
    const code = await addSite()
    const { child, url } = await startCommand(env)
    process.kill(Number(execFileSync('pgrep', ['-P', String(child.pid)]).toString()), 'SIGSTOP')
    const post = () =>
      fetch(`${url}/e/${code}`, {
        method: 'POST',
        headers: { 'content-type': 'text/plain' },
        body: JSON.stringify(makeEvent()),
      }).then(({ status, headers }) => [status, headers.get('retry-after')])
    // The engine hangs on the batch of the first event; the second one waits in the queue.
    const answers = [post()]
    await waitForEvents(url, 1)
    answers.push(post())
    await waitForEvents(url, 2)
    const asked = performance.now()
    child.kill('SIGTERM')
    expect(await Promise.all(answers)).toEqual([
      [503, '5'],
      [503, '5'],
    ])
    expect(await once(child, 'exit')).toEqual([0, null])
    expect(performance.now() - asked).toBeLessThan(10_000)
  })

  it('lets only the owner read files that contain keys and passwords', async () => {
    const { child } = await startCommand(env)
    for (const file of ['control.db', 'engine/address.json', 'engine'])
      expect(statSync(join(dataDir, file)).mode & 0o077).toBe(0)
    child.kill('SIGTERM')
    await once(child, 'exit')
    expect(readdirSync(join(dataDir, 'engine')).sort()).toEqual(['backups', 'store'])
  })
})

describe('zenovay-collector explains the error in one line and exits with 1', () => {
  const fails = async (args: string[], settings: Record<string, string>, message: RegExp) => {
    const { exitCode, stderr } = await runCommand(args, { ...env, ...settings })
    expect(stderr).toMatch(message)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
    expect(exitCode).toBe(1)
  }

  it('reports a port that is already in use', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    await fails(['start'], { PORT: String(port) }, new RegExp(`Port ${port} .* is in use\\. Set PORT`))
    server.close()
  })

  it('reports a data folder that cannot be created or written', async () => {
    const file = join(dataDir, 'a-file')
    writeFileSync(file, '')
    await fails(
      ['start'],
      { DATA_DIR: join(file, 'data') },
      /Cannot create the data folder .*: .* Set DATA_DIR/,
    )
  })

  it('reports that ClickHouse is unreachable', () =>
    fails(
      ['start'],
      { CLICKHOUSE_URL: 'http://127.0.0.1:1' },
      /ClickHouse at 127\.0\.0\.1:1 cannot be used: .* Check CLICKHOUSE_URL/,
    ))

  it('lists every invalid setting', () =>
    fails(
      ['start'],
      {
        PORT: '70000',
        CLICKHOUSE_URL: 'ftp://x',
        DATABASE_URL: 'mysql://x',
        TRUSTED_PROXIES: 'everyone',
        PROXY_KEYS: `${'x'.repeat(32)},a-short-secret`,
        COUNTRY_HEADER: 'CF IPCountry',
        LOG_LEVEL: 'loud',
      },
      /PORT must be .*"70000"; CLICKHOUSE_URL .*; DATABASE_URL .*; TRUSTED_PROXIES must be .*"everyone"; PROXY_KEYS must be (?!.*a-short-secret).*entry 2 is neither.*; COUNTRY_HEADER must be .*"CF IPCountry"; LOG_LEVEL must be .*"loud"/,
    ))

  it('reports an invalid domain and an unknown site', async () => {
    await fails(['site', 'add', 'https://example.com/'], {}, /"https:\/\/example\.com\/" is not a domain/)
    await fails(['site', 'add'], {}, /Missing domain\. Example: zenovay-collector site add/)
    for (const args of [
      ['key', 'create', '--site', 'ws_nothing'],
      ['site', 'update', 'ws_nothing', '--name', 'x'],
      ['site', 'remove', 'ws_nothing', '--yes'],
    ])
      await fails(args, {}, /No site has the ID "ws_nothing"/)
    await fails(['site', 'remove'], {}, /Missing site ID/)
  })

  it('lists every invalid or missing option of a site', async () => {
    const wrong = [
      '--name',
      '',
      '--allow',
      'a/b',
      '--timezone',
      'Mars',
      '--retention',
      'long',
      '--search',
      'q,a b',
    ]
    await fails(
      ['site', 'add', 'example.com', ...wrong],
      {},
      /^--name must be .*; --allow "a\/b" is not a domain.*; --timezone must be .*; --retention must be .*120; --search "a b" is not the name of a query parameter/m,
    )
    await fails(['site', 'update', 'ws_nothing'], {}, /Nothing to change\. Pass --domain/)
    await fails(
      ['key', 'create', '--scope', 'root'],
      {},
      /--scope must be one of read, write, admin, not "root"/,
    )
  })

  it('reports an unknown command, and prints the usage', async () => {
    const { exitCode, stderr } = await runCommand(['sites'], env)
    expect(stderr).toMatch(/Unknown command "sites"\.[\s\S]*site add <domain>/)
    expect(exitCode).toBe(1)
  })
})
