import type { SqlBool } from 'kysely'
import type { SiteStatusStore } from '../../alerts/alert-store.js'
import { DEFAULT_ACCOUNT_ID, PLAN_NAMES, type PlanName } from '../../control/accounts.js'
import type {
  BillingResult,
  BillingStore,
  SubscriptionChange,
} from '../../control/integrations/billing-store.js'
import { toAlert } from './alerts.js'
import { putNotifications } from './notifications.js'
import type { ControlDatabase } from './tables.js'
import { runExclusively } from './dialect.js'

const FREE: PlanName = 'free'
const INITIAL_STATUS = { up: 1, changed_at: 0 }

/** Creates the store of Stripe subscriptions and of the site status that uptime monitors report. */
export function createIntegrationStore(db: ControlDatabase): BillingStore & SiteStatusStore {
  return {
    applyBillingEvent: ({ id, createdAt, change }, now) =>
      runExclusively(db, async (connection): Promise<BillingResult> => {
        const { numInsertedOrUpdatedRows } = await connection
          .insertInto('billing_events')
          .values({ id, taken_at: now })
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirstOrThrow()
        if (!numInsertedOrUpdatedRows) return { outcome: 'repeated' }
        if (!change) return { outcome: 'kept' }
        if (change.kind === 'customer') {
          // The default account belongs to the operator, so payments must not change its plan.
          const account =
            change.accountId === DEFAULT_ACCOUNT_ID
              ? undefined
              : await connection
                  .selectFrom('accounts')
                  .select('id')
                  .where('id', '=', change.accountId)
                  .executeTakeFirst()
          if (!account) return { outcome: 'unknown-account' }
          const link = { account_id: account.id }
          await connection
            .insertInto('billing_customers')
            .values({ id: change.customerId, ...link })
            .onConflict((conflict) => conflict.column('id').doUpdateSet(link))
            .execute()
        } else await saveSubscription(connection, change, createdAt)
        return updatePlan(connection, change.customerId)
      }),
    setSiteStatus: ({ siteId, isUp, changedAt }, describe, now) =>
      runExclusively(db, async (connection) => {
        if (!(await connection.selectFrom('sites').select('id').where('id', '=', siteId).executeTakeFirst()))
          return undefined
        const known = await connection
          .selectFrom('site_status')
          .selectAll()
          .where('site_id', '=', siteId)
          .executeTakeFirst()
        const before = known ?? INITIAL_STATUS
        // A report without a time applies from now on, even if the collector's clock was set back since the
        // last report.
        const at = changedAt ?? Math.max(now, before.changed_at)
        if (before.up === Number(isUp) || at < before.changed_at) return { hasChanged: false, triggers: 0 }
        const status = { up: Number(isUp), changed_at: at }
        await connection
          .insertInto('site_status')
          .values({ site_id: siteId, ...status })
          .onConflict((conflict) => conflict.column('site_id').doUpdateSet(status))
          .execute()
        const rows = await connection
          .selectFrom('alerts')
          .selectAll()
          .where('site_id', '=', siteId)
          .where('metric', '=', 'uptime')
          .where('active', '=', 1)
          .execute()
        let triggers = 0
        for (const row of rows) {
          await connection
            .updateTable('alerts')
            .set({ firing: Number(!isUp), value: Number(isUp), ...(!isUp && { fired_at: at }) })
            .where('id', '=', row.id)
            .execute()
          const alert = toAlert(row)
          if (await putNotifications(connection, alert, describe(alert, at))) triggers++
        }
        return { hasChanged: true, triggers }
      }),
    async purgeBillingEvents(before) {
      await db.deleteFrom('billing_events').where('taken_at', '<', before).execute()
    },
  }
}

/**
 * Stores the state of a subscription. Stripe events can arrive in any order, so an older event does not
 * replace a newer one. If two events have the same time, the event that arrives later takes precedence. An
 * event that ends a subscription always applies, and no later event can reverse it.
 */
async function saveSubscription(
  connection: ControlDatabase,
  { subscriptionId, customerId, plan, isLive, isOver }: SubscriptionChange,
  toldAt: number,
): Promise<void> {
  const state = {
    customer_id: customerId,
    plan: plan ?? null,
    live: Number(isLive),
    over: Number(isOver),
    told_at: toldAt,
  }
  await connection
    .insertInto('billing_subscriptions')
    .values({ id: subscriptionId, ...state })
    .onConflict((conflict) =>
      conflict
        .column('id')
        .doUpdateSet(state)
        .where('billing_subscriptions.over', '=', 0)
        .where((eb) =>
          eb.or([eb('billing_subscriptions.told_at', '<=', toldAt), eb.val<SqlBool>(isOver ? 1 : 0)]),
        ),
    )
    .execute()
}

/**
 * Sets the plan of a customer's account to the best plan that its live subscriptions pay for, or to the free
 * plan if no subscription is live. If there are live subscriptions but none of their prices is mapped to a
 * plan, the plan does not change.
 */
async function updatePlan(connection: ControlDatabase, customerId: string): Promise<BillingResult> {
  const customer = await connection
    .selectFrom('billing_customers')
    .select('account_id')
    .where('id', '=', customerId)
    .executeTakeFirst()
  if (!customer) return { outcome: 'kept' }
  const accountId = customer.account_id
  const subscriptions = await connection
    .selectFrom('billing_subscriptions')
    .innerJoin('billing_customers', 'billing_customers.id', 'billing_subscriptions.customer_id')
    .select(['plan', 'live'])
    .where('account_id', '=', accountId)
    .execute()
  if (subscriptions.length === 0) return { outcome: 'kept' }
  const live = subscriptions.filter((subscription) => subscription.live === 1)
  const plans = live.flatMap(({ plan }) => plan ?? [])
  if (plans.length === 0 && live.length > 0) return { outcome: 'kept' }
  const plan = PLAN_NAMES.findLast((name) => plans.includes(name)) ?? FREE
  await connection.updateTable('accounts').set({ plan }).where('id', '=', accountId).execute()
  return { outcome: 'planned', accountId, plan }
}
