import type { Webhook, WebhookStore } from '../stores/webhook-store.js'
import type { WebhookEventName } from './webhook-event.js'

/** Who wants to be told of what, in memory. */
export interface Subscriptions {
  /** Whether an active webhook of the site, or of its account, wants such events. */
  wants(siteId: string, name: WebhookEventName): boolean
  /** Knows exactly these webhooks from now on. */
  update(active: Webhook[]): Promise<void>
}

/** Nobody wants anything before the first {@link Subscriptions.update}. */
export function createSubscriptions(store: Pick<WebhookStore, 'listSiteAccounts'>): Subscriptions {
  let ofSite = new Map<string, Set<WebhookEventName>>()
  let ofAccount = new Map<string, Set<WebhookEventName>>()
  let ofAnyAccount = new Set<WebhookEventName>()
  let accounts = new Map<string, string>()

  return {
    wants(siteId, name) {
      if (ofSite.get(siteId)?.has(name)) return true
      if (!ofAnyAccount.has(name)) return false
      const account = accounts.get(siteId)
      // A site that was made since the last update: the store knows better.
      return account === undefined || ofAccount.get(account)?.has(name) === true
    },
    async update(webhooks) {
      const wide = webhooks.filter(({ siteId }) => siteId === null)
      if (wide.length > 0) accounts = await store.listSiteAccounts()
      ofSite = group(webhooks, ({ siteId }) => siteId)
      ofAccount = group(wide, ({ accountId }) => accountId)
      ofAnyAccount = new Set(wide.flatMap(({ events }) => events))
    },
  }
}

function group(
  webhooks: Webhook[],
  keyOf: (webhook: Webhook) => string | null,
): Map<string, Set<WebhookEventName>> {
  const groups = new Map<string, Set<WebhookEventName>>()
  for (const webhook of webhooks) {
    const key = keyOf(webhook)
    if (key !== null) groups.set(key, new Set([...(groups.get(key) ?? []), ...webhook.events]))
  }
  return groups
}
