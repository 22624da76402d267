import uPlot from 'uplot'
import { findElement } from './find-element.js'
import { formatCount, formatDay, formatShortCount } from './format-values.js'
import type { DayRow } from './load-report.js'

/** The chart of visitors and pageviews by day. */
export interface Chart {
  show(days: DayRow[]): void
}

const FONT = '12px system-ui, sans-serif'
// Below this the axis would show fractions, and one visit would fill the chart.
const LOWEST_TOP = 5
const COUNT_STEPS = [1, 2, 5]
  .flatMap((step) => Array.from({ length: 10 }, (_, power) => step * 10 ** power))
  .sort((a, b) => a - b)

/** Draws into `#chart` at its size, and redraws when it is resized or the colour scheme changes. */
export function createChart(): Chart {
  const box = findElement('chart')
  let days: DayRow[] = []
  // Read on each redraw: a canvas does not follow the style sheet.
  const colour = (name: string) => () => getComputedStyle(box).getPropertyValue(name)
  const bars = (name: string, width: number): uPlot.Series => ({
    fill: colour(name),
    width: 0,
    points: { show: false },
    paths: uPlot.paths.bars!({ size: [width, 40], radius: 0.15 }),
  })
  const axis: uPlot.Axis = { stroke: colour('--muted'), font: FONT, ticks: { show: false } }

  const chart = new uPlot(
    {
      width: box.clientWidth,
      height: box.clientHeight,
      padding: [8, 20, 0, 0],
      legend: { show: false },
      cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
      scales: {
        // By index, not time, so that no time zone can move a bar.
        x: { time: false, range: () => [-0.5, days.length - 0.5] },
        y: { range: (_plot, _low, high) => [0, Math.max(LOWEST_TOP, high * 1.05)] },
      },
      axes: [
        // One label a week, counted back from today, so that today has one.
        {
          ...axis,
          size: 28,
          grid: { show: false },
          splits: () => [4, 3, 2, 1, 0].map((weeks) => days.length - 1 - 7 * weeks),
          values: (_plot, splits) => splits.map((index) => formatDay(days[index]!.date)),
        },
        {
          ...axis,
          size: 40,
          incrs: COUNT_STEPS,
          grid: { stroke: colour('--grid'), width: 1 },
          values: (_plot, splits) => splits.map(formatShortCount),
        },
      ],
      series: [{}, bars('--pageviews', 0.8), bars('--visitors', 0.4)],
      hooks: { setCursor: [({ cursor }) => showLegend(cursor.idx == null ? undefined : days[cursor.idx])] },
    },
    undefined,
    box,
  )

  new ResizeObserver(() => chart.setSize({ width: box.clientWidth, height: box.clientHeight })).observe(box)
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => chart.redraw())

  return {
    show(next) {
      days = next
      chart.setData([
        days.map((_, index) => index),
        days.map((day) => day.page_views),
        days.map((day) => day.total_visitors),
      ])
    },
  }
}

/** Shows the legend and, while the pointer is over a day, its numbers. */
function showLegend(day?: DayRow): void {
  findElement('legend-day').textContent = day ? formatDay(day.date) : ''
  findElement('legend-visitors').textContent = day ? formatCount(day.total_visitors) : ''
  findElement('legend-pageviews').textContent = day ? formatCount(day.page_views) : ''
}
