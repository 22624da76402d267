import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { runCli } from '../../src/cli/run.js'
import { openControlStores } from '../../src/stores/sql/database.js'

it('lists and removes the webhooks of every account without the master key', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'zenovay-webhooks-'))
  const run = async (...args: string[]) => {
    const lines: string[] = []
    await runCli(args, { DATA_DIR: dataDir }, (line) => void lines.push(line))
    return lines
  }
  await run('account', 'list')
  const { control, webhooks } = await openControlStores(join(dataDir, 'control.db'))
  const other = await control.addAccount({ name: 'Other', plan: 'free' })
  const add = async (accountId: string) =>
    (await webhooks.addWebhook(
      {
        accountId,
        siteId: null,
        url: 'https://hooks.example.net/',
        events: ['goal'],
        description: '',
        secret: 'sealed',
      },
      { actor: null, at: Date.now() },
    ))!.id
  const [first, second, third] = [await add('acc_default'), await add('acc_default'), await add(other.id)]
  await control.close()

  const lines = await run('webhook', 'list')
  expect(lines.sort()).toEqual(
    [
      `${first}\tacc_default\tall sites\tactive\thttps://hooks.example.net/`,
      `${second}\tacc_default\tall sites\tactive\thttps://hooks.example.net/`,
      `${third}\t${other.id}\tall sites\tactive\thttps://hooks.example.net/`,
    ].sort(),
  )
  await expect(run('webhook', 'remove', first)).rejects.toThrow('Add --yes to confirm.')
  await expect(run('webhook', 'remove', '--yes')).rejects.toThrow('Missing webhook ID, or all.')
  await expect(run('webhook', 'remove', 'wh_nothing', '--yes')).rejects.toThrow(
    'No webhook has the ID "wh_nothing".',
  )
  expect(await run('webhook', 'remove', first, '--yes')).toEqual([
    `removed: ${first}. A running collector applies this within two seconds.`,
  ])
  expect(await run('webhook', 'remove', 'all', '--yes')).toHaveLength(2)
  expect(await run('webhook', 'list')).toEqual([])
  rmSync(dataDir, { recursive: true })
})
