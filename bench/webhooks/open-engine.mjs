// @ts-check
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRegistry } from '../../collector/dist/observability/registry.js'
import { createSecretBox } from '../../collector/dist/control/secrets/secret-box.js'
import { openControlStores } from '../../collector/dist/stores/sql/database.js'
import { createAttempt } from '../../collector/dist/egress/attempt.js'
import { createEgressGuard } from '../../collector/dist/egress/guard.js'
import { createSend } from '../../collector/dist/webhooks/send.js'
import { createWebhooks } from '../../collector/dist/webhooks/service.js'
import { createWebhookSecret, signDelivery } from '../../collector/dist/webhooks/signing.js'
import { createDeliveryCounts } from '../../collector/dist/webhooks/metrics.js'

const LOOPBACK = '127.0.0.1'
const MASTER_KEY = Buffer.alloc(32, 7)

/**
 * The collector's outbox and delivery engine on separate control data. Every host `*.receiver.example` is
 * this machine, and a separate host to the engine. `onAttempt` is called after each attempt with its
 * request, result, start and end in ms of `performance.now()`.
 *
 * @param {{ dataDir?: string, onAttempt?: (attempt: any) => void }} [options]
 */
export async function openEngine({
  dataDir = mkdtempSync(join(tmpdir(), 'zenovay-webhooks-')),
  onAttempt = () => {},
} = {}) {
  const stores = await openControlStores(join(dataDir, 'control.db'))
  const box = createSecretBox(MASTER_KEY)
  const guard = createEgressGuard({ allowLoopback: [LOOPBACK], lookUp: () => Promise.resolve([LOOPBACK]) })
  const attempt = createAttempt({
    guard,
    ca: readFileSync(join(import.meta.dirname, '../../test/fixtures/tls/ca.pem'), 'utf8'),
  })
  const watchedAttempt = async (request) => {
    const beganAt = performance.now()
    const result = await attempt(request)
    onAttempt({ request, beganAt, endedAt: performance.now(), result })
    return result
  }
  const registry = createRegistry()
  const now = Date.now
  const webhooks = await createWebhooks({
    store: stores.webhooks,
    send: createSend({ attempt: watchedAttempt, sign: signDelivery, openSecret: box.open, now }),
    counts: createDeliveryCounts(registry),
    log: { error: (details, text) => console.error(text, details) },
    now,
  })
  let hosts = 0
  const addSite = () => stores.control.addSite({ domain: 'example.com', name: 'Example', allowedDomains: [] })
  return {
    dataDir,
    webhooks,
    control: stores.control,
    addSite,
    newSecret: () => createWebhookSecret(),
    seal: box.seal,
    /** Adds a webhook of a site with a unique host. */
    async addWebhook(site, { port, path = '/', secret = createWebhookSecret() }) {
      const webhook = await webhooks.add(
        {
          accountId: site.accountId,
          siteId: site.id,
          url: `https://host-${++hosts}.receiver.example:${port}${path}`,
          events: ['event'],
          description: '',
          secret: box.seal(secret),
        },
        null,
      )
      return { ...webhook, secret }
    },
    /** Number of deliveries by outcome. */
    readCounts: () =>
      Object.fromEntries(
        [...registry.expose().matchAll(/^zenovay_webhook_deliveries_total\{outcome="(\w+)"\} (\d+)$/gm)].map(
          ([, outcome, count]) => [outcome, Number(count)],
        ),
      ),
    backlogOf: async (site) =>
      (await webhooks.listWebhooks({ accountId: site.accountId, siteId: site.id })).reduce(
        (sum, { backlog }) => sum + backlog,
        0,
      ),
    logOf: (site, limit = 1_000_000) =>
      webhooks.listLog({ accountId: site.accountId, siteId: site.id, limit }),
    async close() {
      await webhooks.stop(1_000)
      await stores.control.close()
    },
    remove: () => rmSync(dataDir, { recursive: true }),
  }
}
