// The page is in English, and so are its numbers.
const COUNT = new Intl.NumberFormat('en')
const SHORT = new Intl.NumberFormat('en', { notation: 'compact' })
const PERCENT = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 0 })
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' })
const TIME = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' })

/** 12345 → `12,345` */
export const formatCount = (value: number): string => COUNT.format(value)

/** Formats a value, or returns a dash if it is unknown. */
export const orDash = (value: number | null | undefined, format: (value: number) => string): string =>
  value === null || value === undefined ? '—' : format(value)

/** 12345 → `12K` */
export const formatShortCount = (value: number): string => SHORT.format(value)

/** 41.7 (percent) → `42%` */
export const formatPercent = (value: number): string => PERCENT.format(value / 100)

/** `2026-11-21` → `21 Nov` */
export const formatDay = (date: string): string => DAY.format(new Date(date))

/** Time of day in the browser's time zone. */
export const formatTime = (time: Date): string => TIME.format(time)

/** 1840 (milliseconds) → `1.84 s`, 120 → `120 ms` */
export const formatMilliseconds = (value: number): string =>
  value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(2)} s`

/** 95.3 (seconds) → `1m 35s` */
export function formatDuration(seconds: number): string {
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole}s`
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${whole % 60}s`
  return `${Math.floor(whole / 3600)}h ${Math.floor((whole % 3600) / 60)}m`
}
