// Clocks change within the month before this moment: in Lord Howe by half an hour on 6 October, in Zurich by
// an hour on the 27th. It also lies in the past for the engine, which rolls up days by its own clock.
/**
 * The current time of the collectors, ms since the epoch: October in UTC and Zurich, November in Lord Howe.
 */
export const NOW = Date.UTC(2024, 9, 31, 14, 23, 45, 678)

export const TIME_ZONES = ['UTC', 'Europe/Zurich', 'Australia/Lord_Howe'] as const

export const MINUTE_MS = 60_000
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS
