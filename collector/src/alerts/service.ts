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
import { createSendMail } from './notify/send-mail.js'
import { createSendNotification } from './notify/send.js'
import type { RecipientStore } from './recipients/recipient-store.js'
import { createRecipients, type Recipients } from './recipients/recipients.js'

/** Settings of mail. */
export interface MailSettings extends MailerOptions {
  /** URL of the collector in the links of mails, without a slash at its end. */
  publicUrl: string
  /** Domains and addresses in lower case that get mail without confirmation. */
  trusted: string[]
}

interface AlertServices {
  store: AlertStore
  recipientStore: RecipientStore
  control: Pick<ControlStore, 'findSite'>
  metricSource: MetricSource
  reports: Pick<ReportStore, 'summary' | 'timeline'>
  outbox: Pick<Outbox, 'put'>
  box: SecretBox
  guard: Pick<EgressGuard, 'checkUrl'>
  attempt: Attempt
  /** Undefined if no mail server is configured. */
  mail: MailSettings | undefined
  counts: AlertCounts
  log: FastifyBaseLogger
  /** Returns the Unix time in milliseconds. */
  now: () => number
}

export interface Alerts {
  management: AlertManagement
  recipients: Recipients
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
  recipientStore,
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
  const recipients = createRecipients({ store: recipientStore, box, trusted: mail?.trusted ?? [], now })
  const sendMail = createSendMail({
    mail: mail && { mailer: createMailer(mail), publicUrl: mail.publicUrl },
    recipients,
    open: box.open,
  })
  const { wake, purge, stop } = createNotificationDelivery({
    store,
    recipients,
    send: createSendNotification({ outbox, attempt, sendMail, box }),
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
    recipients,
    management: createAlertManagement({
      store,
      recipients,
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
