import type { Period, ReportScope } from '../../../reports/report-store.js'

export const DAY_MS = 24 * 60 * 60 * 1000
/** Longer than an event can be on its way between its receipt and the store: ten minutes in a batch of unknown fate, and its queue. */
export const UNDER_WAY_MS = 15 * 60 * 1000
/** Builds of one millisecond; 2^53 holds them until 2039. */
export const BUILDS_PER_MS = 4096

/** SQL of the greatest build that can have begun by now, by the store's clock. */
export const NEWEST_BUILD = `toUInt64(toUnixTimestamp64Milli(now64(3))) * ${BUILDS_PER_MS} + ${BUILDS_PER_MS - 1}`

/** A day (UTC) that was made of events, and need not be made again. */
export interface RollupDay {
  /** Its first moment, ms since the epoch. */
  day: number
  build: number
  visits: number
}

/** What of a period is settled. */
export interface RollupPeriod {
  /** Builds of days that lie in the period whole. */
  whole: number[]
  /** Builds of days that lie in it partly. */
  parts: number[]
  /** What remains to be read from the events, in order. */
  gaps: Period[]
  /** Visits of the builds. */
  visits: number
}

// Each is a subquery of its own.
const MAX_GAPS = 3

/** What of a period is settled; undefined when nothing is. `days` in order. */
export function splitIntoRollups({ from, to }: Period, days: readonly RollupDay[]): RollupPeriod | undefined {
  const inside = days.filter(({ day }) => day < to && day + DAY_MS > from)
  for (;;) {
    if (inside.length === 0) return undefined
    const gaps: (Period & { next: number })[] = []
    let reached = from
    for (const [next, { day }] of inside.entries()) {
      if (day > reached) gaps.push({ from: reached, to: day, next })
      reached = day + DAY_MS
    }
    if (reached < to) gaps.push({ from: reached, to, next: inside.length })
    if (gaps.length <= MAX_GAPS) {
      const isWhole = ({ day }: RollupDay) => day >= from && day + DAY_MS <= to
      return {
        whole: inside.filter(isWhole).map(({ build }) => build),
        parts: inside.filter((day) => !isWhole(day)).map(({ build }) => build),
        gaps: gaps.map((gap) => ({ from: gap.from, to: gap.to })),
        visits: inside.reduce((sum, { visits }) => sum + visits, 0),
      }
    }
    // The fewest settled days between two gaps are read from the events, too.
    const between = gaps
      .slice(1)
      .map(({ next }, index) => ({ start: gaps[index]!.next, count: next - gaps[index]!.next }))
    const fewest = between.reduce((least, run) => (run.count < least.count ? run : least))
    inside.splice(fewest.start, fewest.count)
  }
}

/** A scope with what is known of its period: without `settled`, its visits are all read from the events. */
export interface RollupScope extends ReportScope {
  settled?: RollupPeriod | undefined
  /** Whether visitors are counted by a sketch. */
  isSketched?: boolean
}
