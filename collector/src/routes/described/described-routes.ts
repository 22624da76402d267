import { ALERT_ROUTES } from './alerts.js'
import type { DescribedRoute } from './described-route.js'
import { EVENT_ROUTES, INBOUND_ROUTES } from './events.js'
import { GOAL_ROUTES } from './goals.js'
import { KEY_ROUTES } from './keys.js'
import { SITE_ROUTES } from './sites.js'
import { WEBHOOK_ROUTES } from './webhooks.js'

/** The routes beside the External API that its document tells of; it has them in this order, after its own. */
export const DESCRIBED_ROUTES: readonly DescribedRoute[] = [
  ...EVENT_ROUTES,
  ...SITE_ROUTES,
  ...KEY_ROUTES,
  ...GOAL_ROUTES,
  ...ALERT_ROUTES,
  ...WEBHOOK_ROUTES,
  ...INBOUND_ROUTES,
]
