import { createApiKey } from '@zenovay/collector'
import { startTestCollector, type TestCollector } from '../../collector/test/support/start-test-collector.js'
import { test as base } from './browser-fixtures.js'
import { StoredSite } from './stored-site.js'

/** The engine of a collector starts in seconds, on a busy machine in many. */
const START_TIMEOUT_MS = 90_000

/** `test` with a real collector behind the recording one: bodies answered with 200 are stored. */
export const test = base.extend<{ store: StoredSite }, { storingCollector: TestCollector }>({
  storingCollector: [
    async ({}, use) => {
      const collector = await startTestCollector({ TRUSTED_PROXIES: '127.0.0.1' })
      await use(collector)
      await collector.close()
    },
    { scope: 'worker', timeout: START_TIMEOUT_MS },
  ],

  store: async ({ storingCollector, collector }, use) => {
    // A site for each spec, because all specs of a worker share the collector.
    const { control } = storingCollector.collector
    const site = await control.addSite({
      domain: 'example.com',
      name: 'Example',
      allowedDomains: [],
    })
    const { secret, record } = createApiKey({ name: 'test', siteId: site.id }, Date.now())
    await control.addApiKey(record)
    collector.store = new StoredSite(storingCollector, site, secret)
    await use(collector.store)
  },
})

export { expect, isThorough } from './browser-fixtures.js'
