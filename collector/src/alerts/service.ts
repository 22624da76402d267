import type { FastifyBaseLogger } from 'fastify'
import type { ControlStore } from '../control/control-store.js'
import type { SecretBox } from '../control/secrets/secret-box.js'
import type { Attempt } from '../egress/attempt.js'
import { createSteadyClock } from '../egress/delivery-loop.js'
import type { EgressGuard } from '../egress/guard.js'
import type { ReportStore } from '../reports/report-store.js'
import type { Outbox } from '../webhooks/outbox.js'
import type { AlertStore } from './alert-store.js'
import { createAlertEvaluation, type AlertEvaluation } from './evaluate.js'
import { createAlertManagement, type AlertManagement } from './management.js'
import { createMeasure } from './measure.js'
import type { MetricSource } from './metric-source.js'
import type { AlertCounts } from './metrics.js'
import { createNotificationDelivery, type NotificationDelivery } from './notify/deliver.js'
import { createMailer, type MailerOptions } from './notify/mail.js'
import { createSendNotification } from './notify/send.js'

interface AlertServices {
  store: AlertStore
  control: Pick<ControlStore, 'findSite'>
  metricSource: MetricSource
  reports: Pick<ReportStore, 'summary' | 'timeline'>
  outbox: Pick<Outbox, 'put'>
  box: SecretBox
  guard: Pick<EgressGuard, 'checkUrl'>
  attempt: Attempt
  /** Mail server settings, or undefined if no mail server is configured. */
  mail: MailerOptions | undefined
  counts: AlertCounts
  log: FastifyBaseLogger
  /** Returns the Unix time in milliseconds. */
  now: () => number
}

export interface Alerts {
  management: AlertManagement
  /** Background job that evaluates alerts for every completed minute. */
  evaluation: AlertEvaluation
  /** Background job that purges notifications 30 days after they ended. */
  purge: NotificationDelivery['purge']
  /** Aborts all attempts to send notifications. They are repeated after the next start. */
  stop(): Promise<void>
}

/**
 * Creates the alert services and starts the delivery of notifications, including those that an earlier
 * process stored.
 */
export function createAlerts({
  store,
  control,
  metricSource,
  reports,
  outbox,
  box,
  guard,
  attempt,
  mail,
  counts,
  log,
  now,
}: AlertServices): Alerts {
  const { wake, purge, stop } = createNotificationDelivery({
    store,
    send: createSendNotification({ outbox, attempt, mailer: mail && createMailer(mail), box }),
    counts,
    log,
    engineNow: createSteadyClock({ now, steadyNow: () => performance.now() }),
    now,
  })
  const announce = (triggers: number) => {
    counts.triggered(triggers)
    wake()
  }
  const measure = createMeasure({ metricSource, reports })
  return {
    management: createAlertManagement({
      store,
      box,
      guard,
      hasMail: mail !== undefined,
      wake,
      announce,
      now,
    }),
    evaluation: createAlertEvaluation({ store, control, measure, onTriggers: announce, log, now }),
    purge,
    stop,
  }
}
