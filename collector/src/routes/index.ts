import type { RouteDocs } from '../http/api/route.js'
import { listActivity } from './activity.js'
import {
  confirmAddresses,
  createAlert,
  listAlerts,
  readAlert,
  removeAlert,
  testAlert,
  updateAlert,
} from './alerts.js'
import { sendEvents } from './batch-events.js'
import { DASHBOARD_ROUTES } from './dashboard.js'
import type { Route } from './define-route.js'
import { collectEvents, collectHeartbeat } from './events.js'
import { createGoal, listSiteGoals, readGoal, removeGoal, updateGoal } from './goals.js'
import { HEALTH_ROUTES } from './health.js'
import { receiveStripeEvent, reportUptime } from './integrations.js'
import { createKey, listKeys, revokeKey } from './keys.js'
import { LIVE_ROUTES } from './live.js'
import { MAIL_ROUTES } from './mail.js'
import { readMetrics } from './metrics.js'
import { listCountries } from './reports/countries.js'
import { listErrorGroups, readErrorGroup, updateErrorGroup } from './reports/error-groups.js'
import { listEvents, readEvent } from './reports/events.js'
import { listGoals } from './reports/goals.js'
import { readOverview } from './reports/overview.js'
import { listPages } from './reports/pages.js'
import { readRevenue } from './reports/revenue.js'
import { listSearches } from './reports/searches.js'
import { listSources } from './reports/sources.js'
import { readTechnology } from './reports/technology.js'
import { readUsage } from './reports/usage.js'
import { listVisitors, readVisitor } from './reports/visitors.js'
import { readVitals } from './reports/vitals.js'
import { listWebsites, readWebsite } from './reports/websites.js'
import { SCRIPT_ROUTES } from './scripts.js'
import { createSite, eraseVisitor, listSites, readSite, removeSite, updateSite } from './sites.js'
import { streamSite } from './stream.js'
import { createSiteWebhook, listSiteWebhooks, removeSiteWebhook } from './site-webhooks.js'
import {
  createWebhook,
  enableWebhook,
  listWebhooks,
  removeWebhook,
  replayWebhook,
  rotateWebhook,
  testWebhook,
} from './webhooks.js'

// The following lists contain every route of the collector. The OpenAPI document uses the same order.

/**
 * The routes of the External API under `/api/external/v1`, which return reports to requests with an API key.
 */
export const EXTERNAL_ROUTES: readonly Route[] = [
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
  readErrorGroup,
  updateErrorGroup,
  readVitals,
  listSearches,
  readUsage,
]

/**
 * The routes of the management API, which servers, the command line and the dashboard use to change settings.
 */
export const MANAGEMENT_ROUTES: readonly Route[] = [
  listSites,
  createSite,
  readSite,
  updateSite,
  removeSite,
  eraseVisitor,

  listKeys,
  createKey,
  revokeKey,

  listSiteGoals,
  createGoal,
  readGoal,
  updateGoal,
  removeGoal,

  listAlerts,
  createAlert,
  readAlert,
  updateAlert,
  removeAlert,
  testAlert,
  confirmAddresses,

  listWebhooks,
  createWebhook,
  testWebhook,
  rotateWebhook,
  enableWebhook,
  replayWebhook,
  removeWebhook,

  listSiteWebhooks,
  createSiteWebhook,
  removeSiteWebhook,
  listActivity,
]

/**
 * Routes that are not created with `defineRoute`, such as ingest, streams, callbacks with a signed body,
 * files and health probes.
 */
export const RAW_ROUTES: readonly RouteDocs[] = [
  collectEvents,
  collectHeartbeat,
  sendEvents,
  ...LIVE_ROUTES,
  streamSite,
  receiveStripeEvent,
  reportUptime,
  ...SCRIPT_ROUTES,
  ...DASHBOARD_ROUTES,
  ...MAIL_ROUTES,
  ...HEALTH_ROUTES,
  readMetrics,
]
