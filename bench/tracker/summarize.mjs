// @ts-check
/**
 * A subject with the first quartile, the median and the third quartile of each of its figures.
 *
 * @typedef {{
 *   name: string
 *   bytes: number
 *   note?: string | undefined
 *   figures: Record<string, number[]>
 * }} Row
 */

/**
 * Returns a row for each subject.
 *
 * @type {(subjects: Omit<Row, 'figures'>[], rounds: Map<string, Record<string, number>>[]) => Row[]}
 */
export const summarize = (subjects, rounds) =>
  subjects.map(({ name, bytes, note }) => {
    const results = rounds.map((round) => round.get(name) ?? {})
    const figures = Object.keys(results[0] ?? {}).map((figure) => [
      figure,
      findQuartiles(results.map((result) => Number(result[figure]))),
    ])
    return { name, bytes, note, figures: Object.fromEntries(figures) }
  })

/**
 * Returns the first quartile, the median and the third quartile: each is a measured number, the nearest one.
 *
 * @type {(numbers: number[]) => number[]}
 */
export function findQuartiles(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b)
  return [0.25, 0.5, 0.75].map((share) => Number(sorted[Math.round((sorted.length - 1) * share)]))
}
