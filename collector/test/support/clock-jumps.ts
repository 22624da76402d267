/** The time shortly before a change of clocks or calendars. */
interface Moment {
  what: string
  /** Time zone of the change. */
  zone: string
  /** ms since the epoch. */
  at: number
}

const HOUR_MS = 60 * 60 * 1000

const MOMENTS: Moment[] = [
  ['the clocks of Zurich go forward', 'Europe/Zurich', '2026-03-29T00:59:50Z'],
  ['the clocks of Zurich go back', 'Europe/Zurich', '2026-10-25T00:59:50Z'],
  ['the clocks of New York go forward', 'America/New_York', '2026-03-08T06:59:50Z'],
  ['the clocks of New York go back', 'America/New_York', '2026-11-01T05:59:50Z'],
  ['the clocks of Lord Howe go back by half an hour', 'Australia/Lord_Howe', '2026-04-04T14:59:50Z'],
  ['a leap day begins', 'UTC', '2028-02-28T23:59:50Z'],
  ['a leap day ends', 'UTC', '2028-02-29T23:59:50Z'],
  ['a leap year ends', 'UTC', '2028-12-31T23:59:50Z'],
  ['a month of thirty days ends', 'Asia/Kathmandu', '2026-04-30T18:14:50Z'],
  ['a year ends', 'Pacific/Auckland', '2026-12-31T10:59:50Z'],
].map(([what, zone, at]) => ({ what: what!, zone: zone!, at: Date.parse(at!) }))

/** Each moment with the machine's clock set by an hour, either way. */
export const CLOCK_JUMPS = MOMENTS.flatMap((moment) =>
  [HOUR_MS, -HOUR_MS].map((jumpMs) => ({ ...moment, jumpMs })),
)
