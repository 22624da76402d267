import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConfig, startCollector } from '@zenovay/collector'
import { expect, it } from 'vitest'
import { runCli } from '../../../src/cli/run.js'
import { createSecretBox } from '../../../src/control/secrets/secret-box.js'
import { openControlStores } from '../../../src/stores/sql/database.js'
import { makeAlertFields } from '../../support/make-alert.js'

it('does not start the collector if the key that encrypted its secrets is missing or different', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'zenovay-lost-key-'))
  // Nothing listens there: the error of the key must come first.
  const start = (env: Record<string, string> = {}) =>
    startCollector(
      readConfig({
        DATA_DIR: dataDir,
        PORT: '0',
        LOG_LEVEL: 'silent',
        CLICKHOUSE_URL: 'http://127.0.0.1:1/',
        ...env,
      }),
    )
  const key = Buffer.alloc(32, 3)
  const { control, webhooks, alerts } = await openControlStores(join(dataDir, 'control.db'))
  const { id } = (await webhooks.addWebhook(
    {
      accountId: 'acc_default',
      siteId: null,
      url: 'https://hooks.example.net/',
      events: ['goal'],
      description: '',
      secret: createSecretBox(key).seal('whsec_'),
    },
    { actor: null, at: Date.now() },
  ))!
  await expect(start()).rejects.toThrow(
    `there is no ${join(dataDir, 'master.key')}. Restore it, or set MASTER_KEY; if it is lost for good, remove the webhooks`,
  )
  await expect(start({ MASTER_KEY: Buffer.alloc(32).toString('base64') })).rejects.toThrow(
    'sealed with a different master key than the one in MASTER_KEY',
  )
  await expect(start({ MASTER_KEY: key.toString('base64') })).rejects.toThrow(
    'ClickHouse at 127.0.0.1:1 cannot be used',
  )
  expect(readdirSync(dataDir)).not.toContain('master.key')
  await webhooks.removeWebhook(id, { actor: null, at: Date.now() })

  // Only alerts hold a secret now.
  const site = await control.addSite({ domain: 'example.com', name: 'Example', allowedDomains: [] })
  const destinations = [
    { type: 'webhook' as const },
    { type: 'slack' as const, sealed: createSecretBox(key).seal('https://hooks.slack.example/x') },
  ]
  const alert = (await alerts.addAlert(site.id, makeAlertFields({ destinations }), {
    actor: null,
    at: Date.now(),
  }))!
  const untouched = (await alerts.addAlert(site.id, makeAlertFields(), { actor: null, at: Date.now() }))!
  await expect(start()).rejects.toThrow(
    `The secrets of alerts are sealed with a master key that is missing: there is no ${join(dataDir, 'master.key')}. Restore it, or set MASTER_KEY; if it is lost for good, remove the destinations of the alerts with zenovay-collector alert forget-destinations --yes`,
  )
  await expect(start({ MASTER_KEY: Buffer.alloc(32).toString('base64') })).rejects.toThrow(
    'The secrets of alerts are sealed with a different master key than the one in MASTER_KEY. Restore the original key;',
  )
  await expect(start({ MASTER_KEY: key.toString('base64') })).rejects.toThrow('ClickHouse')
  expect(readdirSync(dataDir)).not.toContain('master.key')
  const lines: string[] = []
  const forget = (...args: string[]) =>
    runCli(['alert', 'forget-destinations', ...args], { DATA_DIR: dataDir }, (line) => void lines.push(line))
  await expect(forget()).rejects.toThrow('Add --yes to confirm.')
  await forget('--yes')
  expect(lines).toEqual([`updated: ${alert.id}. It notifies webhooks only until new destinations are set.`])
  expect(await alerts.findAlert(alert.id)).toMatchObject({ destinations: [{ type: 'webhook' }], revision: 1 })
  expect(await alerts.findAlert(untouched.id)).toMatchObject({ revision: 0 })
  await control.close()
  await expect(start()).rejects.toThrow('ClickHouse')
  expect(statSync(join(dataDir, 'master.key')).mode & 0o777).toBe(0o600)
  rmSync(dataDir, { recursive: true })
})
