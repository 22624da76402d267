export type Figures = Record<string, number>

/**
 * The change of each figure from the previous period to this one, one place after the point: in percent of the previous figure (null
 * when that is 0 and this one is not), for percentages such as `bounce_rate` in percentage points.
 */
export function compareFigures<Row extends Figures>(
  current: Row,
  previous: Row,
): Record<keyof Row & string, number | null> {
  return Object.fromEntries(
    Object.entries(current).map(([name, value]) => [name, changeOf(name, value, previous[name]!)]),
  ) as Record<keyof Row & string, number | null>
}

function changeOf(name: string, current: number, previous: number): number | null {
  if (name.endsWith('_rate')) return round(current - previous)
  if (previous === 0) return current === 0 ? 0 : null
  return round((100 * (current - previous)) / previous)
}

const round = (value: number): number => Math.round(value * 10) / 10
