import { Type } from '@sinclair/typebox'
import { type Alert, DESTINATION_TYPES, MAX_ALERTS_OF_SITE, METRICS } from '../alerts/alert.js'
import { type ListedNotification, NOTIFICATION_EVENTS } from '../alerts/alert-store.js'
import {
  ALERT_CHANGES,
  ALERT_FIELDS,
  NEW_ALERT,
  refineAlert,
  toAlertChanges,
  toNewAlert,
} from '../alerts/fields.js'
import type { AlertManagement, ShownDestination } from '../alerts/management.js'
import { RECIPIENT_STATUSES } from '../alerts/recipients/recipient-store.js'
import type { ApiKey } from '../control/keys/api-key.js'
import { authorise, authoriseFound } from '../control/keys/gate.js'
import { ApiError, validationError } from '../errors.js'
import { type LoadCall, MOMENT, MOMENT_EXAMPLE, REMOVED, toIso } from '../http/api/route.js'
import { oneOf, orNull, SITE_ID } from '../http/fields.js'
import { defineRoute, type RouteServices } from './define-route.js'

const DESTINATION = Type.Object({
  type: oneOf(DESTINATION_TYPES),
  url: Type.Optional(Type.String({ description: 'Scheme and host only.' })),
  address: Type.Optional(Type.String()),
})
const DESTINATION_WITH_STATUS = Type.Object({
  ...DESTINATION.properties,
  status: Type.Optional(
    oneOf(RECIPIENT_STATUSES, { description: 'Email only: mail is sent to confirmed addresses only.' }),
  ),
})
const ALERT = {
  id: Type.String(),
  site_id: Type.String(),
  metric: oneOf(METRICS),
  ...ALERT_FIELDS,
  currency: orNull(Type.String(), 'Null for every metric but revenue.'),
  destinations: Type.Array(DESTINATION_WITH_STATUS),
  created_at: MOMENT,
  state: oneOf(['firing', 'clear']),
  last_value: orNull(Type.Number()),
  last_fired_at: orNull(Type.String(), 'ISO 8601, UTC.'),
}
const NOTIFICATION = Type.Object({
  at: MOMENT,
  event: oneOf(NOTIFICATION_EVENTS),
  destination: DESTINATION,
  state: oneOf(['waiting', 'in_flight', 'done', 'failed']),
  attempts: Type.Integer(),
  ended_at: orNull(Type.String(), 'ISO 8601, UTC.'),
  error: orNull(Type.String()),
})
const LISTED_NOTIFICATIONS = 20
const TEST_RETRY_AFTER_S = 60
const ADDRESSES_RULE =
  'New email addresses get a confirmation mail. Too many of them within an hour are refused with RATE_LIMIT_EXCEEDED.'
const METRICS_RULE = 'The fields depend on the metric: docs/alerts.md.'

const REQUEST = {
  site_id: 'ws_abc123',
  name: 'Checkout fails',
  metric: 'errors',
  threshold: 20,
  window_minutes: 10,
  hysteresis: 10,
  cool_down_minutes: 60,
  destinations: [{ type: 'webhook' }, { type: 'slack', url: 'https://hooks.slack.com/services/T0/B0/x' }],
}
const EXAMPLE = {
  id: 'alert_abc123',
  ...REQUEST,
  comparison: '>',
  minimum_volume: 0,
  active: true,
  currency: null,
  destinations: [{ type: 'webhook' }, { type: 'slack', url: 'https://hooks.slack.com/…' }],
  created_at: MOMENT_EXAMPLE,
  state: 'clear',
  last_value: null,
  last_fired_at: null,
}

const findAlert = async ({ key, params, services: { alerts, control } }: LoadCall<RouteServices>) =>
  authoriseFound(key, await alerts.find(params['id']!), control)

export const listAlerts = defineRoute({
  path: '/api/alerts',
  operationId: 'listAlerts',
  scope: 'admin',
  summary: 'List the alerts of the sites that the key reaches',
  query: Type.Object({ site_id: Type.Optional(SITE_ID) }),
  data: Type.Array(Type.Object(ALERT)),
  example: [EXAMPLE],
  answer: async ({ key, query: { site_id: siteId }, services: { alerts, control } }) => {
    const sites =
      siteId === undefined ? await control.listSitesOf(key) : [await authorise(key, siteId, control)]
    return describeAlerts(await alerts.list(sites.map(({ id }) => id)), key, alerts)
  },
})

export const createAlert = defineRoute({
  method: 'POST',
  path: '/api/alerts',
  operationId: 'createAlert',
  scope: 'admin',
  status: 201,
  summary: 'Create an alert',
  description: `${METRICS_RULE} ${ADDRESSES_RULE}`,
  body: NEW_ALERT,
  refine: ({ site_id: _, metric, ...fields }, addIssue, { services: { alerts } }) =>
    refineAlert(fields, addIssue, { ...alerts, metric, isNew: true }),
  request: REQUEST,
  data: Type.Object(ALERT),
  example: EXAMPLE,
  answer: async ({ body, key, services: { alerts, control } }) => {
    const site = await authorise(key, body.site_id, control)
    const alert = await alerts.add(site.id, toNewAlert(body), key.id)
    if (!alert)
      throw validationError(
        'site_id',
        `has ${MAX_ALERTS_OF_SITE} alerts already, which is the most that a site may have`,
      )
    return describeAlert(alert, key, alerts)
  },
})

export const readAlert = defineRoute({
  path: '/api/alerts/{id}',
  operationId: 'readAlert',
  scope: 'admin',
  summary: 'Get an alert with its latest notifications',
  load: findAlert,
  data: Type.Object({ ...ALERT, notices: Type.Array(NOTIFICATION) }),
  example: {
    ...EXAMPLE,
    notices: [
      {
        at: MOMENT_EXAMPLE,
        event: 'alert',
        destination: { type: 'slack', url: 'https://hooks.slack.com/…' },
        state: 'done',
        attempts: 1,
        ended_at: MOMENT_EXAMPLE,
        error: null,
      },
    ],
  },
  answer: async ({ target, key, services: { alerts } }) => {
    const notifications = await alerts.listNotifications(target.id, LISTED_NOTIFICATIONS)
    return {
      ...(await describeAlert(target, key, alerts)),
      notices: notifications.map((notification) => toNotificationJson(notification, alerts)),
    }
  },
})

export const updateAlert = defineRoute({
  method: 'PATCH',
  path: '/api/alerts/{id}',
  operationId: 'updateAlert',
  scope: 'admin',
  summary: 'Change the given fields of an alert',
  description: `Destinations are replaced as a whole. ${METRICS_RULE} ${ADDRESSES_RULE}`,
  load: findAlert,
  body: ALERT_CHANGES,
  refine: (changes, addIssue, { target: { metric }, services: { alerts } }) =>
    refineAlert(changes, addIssue, { ...alerts, metric, isNew: false }),
  request: { threshold: 30, active: false },
  data: Type.Object(ALERT),
  example: EXAMPLE,
  answer: async ({ target, body, key, services: { alerts } }) => {
    const alert = await alerts.update(target.id, toAlertChanges(body), key.id)
    if (!alert) throw new ApiError('NOT_FOUND')
    return describeAlert(alert, key, alerts)
  },
})

export const removeAlert = defineRoute({
  method: 'DELETE',
  path: '/api/alerts/{id}',
  operationId: 'removeAlert',
  scope: 'admin',
  summary: 'Remove an alert with its waiting notifications',
  load: findAlert,
  data: REMOVED,
  example: { id: EXAMPLE.id },
  answer: async ({ target: { id }, key, services: { alerts } }) => {
    if (!(await alerts.remove(id, key.id))) throw new ApiError('NOT_FOUND')
    return { id }
  },
})

export const testAlert = defineRoute({
  method: 'POST',
  path: '/api/alerts/{id}/test',
  operationId: 'testAlert',
  scope: 'admin',
  summary: 'Notify every destination as if the alert had fired',
  description: 'Once a minute. Addresses that have not confirmed get no test either.',
  load: findAlert,
  data: Type.Object({ id: Type.String(), queued: Type.Integer({ description: 'Destinations.' }) }),
  example: { id: EXAMPLE.id, queued: 2 },
  answer: async ({ target, services: { alerts } }) => {
    if (!(await alerts.test(target)))
      throw new ApiError('RATE_LIMIT_EXCEEDED', { retryAfterS: TEST_RETRY_AFTER_S })
    return { id: target.id, queued: target.destinations.length }
  },
})

export const confirmAddresses = defineRoute({
  method: 'POST',
  path: '/api/alerts/{id}/confirmations',
  operationId: 'confirmAddresses',
  scope: 'admin',
  summary: 'Send another confirmation mail to each pending address of an alert',
  description:
    'Earlier links of these addresses end. Beyond the limits of docs/alerts.md, RATE_LIMIT_EXCEEDED.',
  load: findAlert,
  data: Type.Object({
    id: Type.String(),
    queued: Type.Integer({ description: 'Confirmation mails.' }),
    destinations: Type.Array(DESTINATION_WITH_STATUS),
  }),
  example: {
    id: EXAMPLE.id,
    queued: 1,
    destinations: [{ type: 'email', address: 'ops@example.com', status: 'pending' }],
  },
  answer: async ({ target, key, services: { alerts } }) => {
    const queued = await alerts.askAgain(target)
    const [destinations] = await alerts.describeDestinations(key.accountId, [target])
    return { id: target.id, queued, destinations: destinations! }
  },
})

async function describeAlerts(
  alerts: readonly Alert[],
  { accountId }: Pick<ApiKey, 'accountId'>,
  management: Pick<AlertManagement, 'describeDestinations'>,
) {
  const destinations = await management.describeDestinations(accountId, alerts)
  return alerts.map((alert, index) => toAlertJson(alert, destinations[index]!))
}

async function describeAlert(
  alert: Alert,
  key: Pick<ApiKey, 'accountId'>,
  management: Pick<AlertManagement, 'describeDestinations'>,
) {
  return (await describeAlerts([alert], key, management))[0]!
}

function toAlertJson(alert: Alert, destinations: ShownDestination[]) {
  const { state } = alert
  return {
    id: alert.id,
    site_id: alert.siteId,
    name: alert.name,
    metric: alert.metric,
    comparison: alert.comparison,
    threshold: alert.threshold,
    hysteresis: alert.hysteresis,
    window_minutes: alert.windowMinutes,
    minimum_volume: alert.minimumVolume,
    cool_down_minutes: alert.coolDownMinutes,
    currency: alert.metric === 'revenue' ? alert.currency : null,
    active: alert.isActive,
    destinations,
    created_at: toIso(alert.createdAt),
    state: state.isFiring ? 'firing' : 'clear',
    last_value: state.value,
    last_fired_at: toIso(state.firedAt),
  }
}

function toNotificationJson(notification: ListedNotification, { mask }: Pick<AlertManagement, 'mask'>) {
  const { at, event, destination, attempts, state, endedAt, error } = notification
  return {
    at: toIso(at),
    event,
    destination: mask(destination),
    state,
    attempts,
    ended_at: toIso(endedAt),
    error,
  }
}
