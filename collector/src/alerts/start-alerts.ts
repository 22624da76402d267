import type { FastifyBaseLogger } from 'fastify'
import type { SecretBox } from '../control/secrets/secret-box.js'
import type { AlertStore } from './alert-store.js'
import type { ControlStore } from '../control/control-store.js'
import type { MetricSource } from './metric-source.js'
import type { ReportStore } from '../reports/report-store.js'
import type { Attempt } from '../egress/attempt.js'
import type { EgressGuard } from '../egress/guard.js'
import type { Outbox } from '../webhooks/outbox.js'
import { createSteadyClock } from '../egress/delivery-loop.js'
import type { AlertCounts } from './metrics.js'
import { WATCH_INTERVAL_MS, createAlertEvaluation } from './evaluate.js'
import { createAlertManagement, type AlertManagement } from './management.js'
import { createMailer, type MailerOptions } from './notify/mail.js'
import { createMeasure } from './measure.js'
import { createSendNotification } from './notify/send.js'
import { createNotificationSender } from './notify/sender.js'

interface AlertServices {
  store: AlertStore
  control: Pick<ControlStore, 'findSite'>
  figures: MetricSource
  reports: Pick<ReportStore, 'summary' | 'timeline'>
  outbox: Pick<Outbox, 'put'>
  box: SecretBox
  guard: Pick<EgressGuard, 'checkUrl'>
  attempt: Attempt
  /** Undefined: no alert has a mail. */
  mail: MailerOptions | undefined
  counts: AlertCounts
  log: FastifyBaseLogger
  /** ms since the epoch. */
  now: () => number
}

/** Judges alerts and sends their notices, from now on, beginning with what an earlier process left. `stop` leaves what is not done to the next. */
export function startAlerts({
  store,
  control,
  figures,
  reports,
  outbox,
  box,
  guard,
  attempt,
  mail,
  counts,
  log,
  now,
}: AlertServices): { alerts: AlertManagement; stop(): Promise<void> } {
  const sender = createNotificationSender({
    store,
    send: createSendNotification({ outbox, attempt, mailer: mail && createMailer(mail), box }),
    counts,
    log,
    engineNow: createSteadyClock({ now, steadyNow: () => performance.now() }),
    now,
  })
  const announce = (crossings: number) => {
    counts.crossed(crossings)
    sender.wake()
  }
  const watch = createAlertEvaluation({
    store,
    control,
    measure: createMeasure({ figures, reports }),
    onCrossings: announce,
    log,
    now,
  })
  const timer = setInterval(() => void watch.tick(), WATCH_INTERVAL_MS)
  sender.wake()
  void watch.tick()
  return {
    alerts: createAlertManagement({
      store,
      box,
      guard,
      hasMail: mail !== undefined,
      wake: sender.wake,
      announce,
      now,
    }),
    async stop() {
      clearInterval(timer)
      await watch.stop()
      await sender.stop()
    },
  }
}
