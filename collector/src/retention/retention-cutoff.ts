/** The UTC midnight that was `months` calendar months before `now` (ms since the epoch): what happened earlier is past its retention. */
export function retentionCutoff(now: number, months: number): number {
  const today = new Date(now)
  const [year, month] = [today.getUTCFullYear(), today.getUTCMonth() - months]
  // A month before 31 March is the end of February, not 3 March: that would delete too much.
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate()
  return Date.UTC(year, month, Math.min(today.getUTCDate(), lastDay))
}
