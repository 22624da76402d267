import type { ApiRoute, DescribedRoute } from '../http/api/route.js'
import { ALERT_ROUTES } from './described/alerts.js'
import { EVENT_ROUTES, INBOUND_ROUTES } from './described/events.js'
import { GOAL_ROUTES } from './described/goals.js'
import { KEY_ROUTES } from './described/keys.js'
import { SITE_ROUTES } from './described/sites.js'
import { WEBHOOK_ROUTES } from './described/webhooks.js'
import { listCountries } from './reports/countries.js'
import { listErrorGroups, updateErrorGroup } from './reports/error-groups.js'
import { listEvents, readEvent } from './reports/events.js'
import { listGoals } from './reports/goals.js'
import { readOverview } from './reports/overview.js'
import { listPages } from './reports/pages.js'
import { readRevenue } from './reports/revenue.js'
import { listSources } from './reports/sources.js'
import { readTechnology } from './reports/technology.js'
import { readUsage } from './reports/usage.js'
import { listVisitors, readVisitor } from './reports/visitors.js'
import { listWebsites, readWebsite } from './reports/websites.js'

/** Every route of the External API that wants a key; the document has them in this order. */
export const EXTERNAL_ROUTES: readonly ApiRoute[] = [
  listWebsites,
  readWebsite,
  readOverview,
  listVisitors,
  readVisitor,
  listPages,
  listCountries,
  readTechnology,
  listSources,
  listEvents,
  readEvent,
  readRevenue,
  listGoals,
  listErrorGroups,
  updateErrorGroup,
  readUsage,
]

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
