import type { ReportScope } from '../report-store.js'
import type { SettledPeriod } from './settled-days.js'

/** A scope with what is known of its period: without `settled`, its visits are all read from the events. */
export interface SettledScope extends ReportScope {
  settled?: SettledPeriod | undefined
  /** Whether visitors are counted by a sketch. */
  isSketched?: boolean
}
