import type { AlertManagement } from '../alerts/management.js'
import type { ChangeLog } from '../control/change-log.js'
import type { ControlStore } from '../control/control-store.js'
import type { GoalCache } from '../control/goals/goal-cache.js'
import type { GoalStore } from '../control/goals/goal-store.js'
import { type ApiRoute, createDefineRoute } from '../http/api/route.js'
import type { SiteCache } from '../ingest/admit/site-cache.js'
import type { Erase } from '../jobs/erase.js'
import type { ReportStore } from '../reports/report-store.js'
import type { WebhookManagement } from '../webhooks/management.js'
import type { Webhooks } from '../webhooks/service.js'

/** Services that all routes created with `defineRoute` can use. */
export interface RouteServices {
  control: ControlStore
  reports: ReportStore
  goals: GoalStore
  /**
   * The goal cache. It is reloaded after a goal changes, so that new events are matched against the changed
   * goals.
   */
  goalCache: Pick<GoalCache, 'load'>
  alerts: AlertManagement
  webhooks: WebhookManagement
  deliveries: Pick<Webhooks, 'listLog'>
  changes: ChangeLog
  sites: SiteCache
  erase: Erase
}

export type Route = ApiRoute<RouteServices>

export const defineRoute = createDefineRoute<RouteServices>()
