import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runCli } from '../../src/cli/run.js'

let dataDir: string
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'zenovay-accounts-'))
})
afterEach(() => rmSync(dataDir, { recursive: true }))

/** The lines printed by a command. */
async function run(...args: string[]): Promise<string[]> {
  const lines: string[] = []
  await runCli(args, { DATA_DIR: dataDir }, (line) => void lines.push(line))
  return lines
}

const lastWord = ([line]: string[]) => line!.split(' ').at(-1)!
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string
const cells = (lines: string[]) => lines.map((line) => line.split('\t'))

describe('zenovay-collector account', () => {
  it('adds, lists and updates accounts, which have the plan free by default', async () => {
    const [first, second] = [
      lastWord(await run('account', 'add', 'Example Ltd')),
      lastWord(await run('account', 'add', 'Big', '--plan', 'scale')),
    ]
    expect(first).toMatch(/^acc_[a-z0-9]{12}$/)
    const others = async () =>
      cells(await run('account', 'list'))
        .filter(([id]) => id !== 'acc_default')
        .sort(([, a], [, b]) => a!.localeCompare(b!))
    expect(cells(await run('account', 'list'))).toContainEqual(['acc_default', 'enterprise', 'default', TIME])
    expect(await others()).toEqual([
      [first, 'free', 'Example Ltd', TIME],
      [second, 'scale', 'Big', TIME],
    ])
    await run('account', 'update', first, '--plan', 'pro')
    await run('account', 'update', second, '--name', 'Bigger')
    expect(await others()).toEqual([
      [first, 'pro', 'Example Ltd', TIME],
      [second, 'scale', 'Bigger', TIME],
    ])
  })

  it('explains in one line how to fix an invalid account command', async () => {
    await expect(run('account', 'add')).rejects.toThrow(/^Missing account name\. Example: .*$/)
    await expect(run('account', 'add', 'a\nb')).rejects.toThrow(
      /^The name must be a string of 1 to 100 characters on one line\.$/,
    )
    await expect(run('account', 'add', 'x', '--plan', 'gold')).rejects.toThrow(
      '--plan must be one of free, pro, scale, enterprise, not "gold".',
    )
    await expect(run('account', 'add', 'x', '--plan', 'toString')).rejects.toThrow('not "toString".')
    await expect(run('account', 'update', 'acc_default')).rejects.toThrow(
      'Nothing to change. Pass --name or --plan.',
    )
    await expect(run('account', 'update', 'acc_nothing', '--plan', 'pro')).rejects.toThrow(
      'No account has the ID "acc_nothing".',
    )
    await expect(run('account', 'update', '--plan', 'pro')).rejects.toThrow('Missing account ID.')
    await expect(run('site', 'add', 'example.com', '--account', 'acc_nothing')).rejects.toThrow(
      'No account has the ID "acc_nothing".',
    )
    expect(await run('account', 'list')).toHaveLength(1)
  })
})

describe('zenovay-collector key', () => {
  it('creates, lists and revokes account keys and site keys', async () => {
    const account = lastWord(await run('account', 'add', 'Example Ltd'))
    const site = lastWord(await run('site', 'add', 'example.com', '--account', account))
    const secrets = [
      lastWord(await run('key', 'create')),
      lastWord(await run('key', 'create', '--account', account, '--scope', 'admin', '--name', 'all of it')),
      lastWord(await run('key', 'create', '--site', site, '--scope', 'write')),
    ]
    const lines = await run('key', 'list')
    const ids = secrets.map((secret) => secret.split('_')[1]!)
    const expected = [
      [ids[0], 'acc_default', 'all sites', 'read', 'key', TIME, 'never used'],
      [ids[1], account, 'all sites', 'admin', 'all of it', TIME, 'never used'],
      [ids[2], account, site, 'write', 'key', TIME, 'never used'],
    ]
    expect(cells(lines)).toHaveLength(3)
    expect(cells(lines)).toEqual(expect.arrayContaining(expected))
    for (const secret of secrets) expect(lines.join('\n')).not.toContain(secret.slice(-64))

    expect(
      cells(await run('key', 'list', '--account', account))
        .map(([id]) => id)
        .sort(),
    ).toEqual([ids[1], ids[2]].sort())
    expect(cells(await run('site', 'list', '--account', account)).map(([id]) => id)).toEqual([site])
    expect(await run('site', 'list', '--account', 'acc_default')).toEqual([])

    expect(await run('key', 'revoke', ids[1]!)).toEqual([expect.stringMatching(`^revoked: ${ids[1]}`)])
    expect(
      cells(await run('key', 'list'))
        .map(([id]) => id)
        .sort(),
    ).toEqual([ids[0], ids[2]].sort())
  })

  it('explains in one line how to fix an invalid key command', async () => {
    const account = lastWord(await run('account', 'add', 'Example Ltd'))
    const site = lastWord(await run('site', 'add', 'example.com'))
    await expect(run('key', 'create', '--account', account, '--site', site)).rejects.toThrow(
      `The site ${site} belongs to the account acc_default. Leave out --account.`,
    )
    for (const noun of ['key', 'site'])
      await expect(run(noun, 'list', '--account', 'acc_nothing')).rejects.toThrow(
        'No account has the ID "acc_nothing".',
      )
    await expect(run('key', 'create', '--account', 'acc_nothing')).rejects.toThrow(
      'No account has the ID "acc_nothing".',
    )
    await expect(run('key', 'create', '--name', ' ')).rejects.toThrow('--name must be a string')
    await expect(run('key', 'revoke')).rejects.toThrow('Missing key ID.')
    await expect(run('key', 'revoke', '0'.repeat(16))).rejects.toThrow('No key has the ID')
    expect(await run('key', 'list')).toEqual([])
  })
})
