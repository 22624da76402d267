import type { Crossing } from '../stores/alert-store.js'

/** What people are told of a crossing: whose it is, and a few lines with a label each. Texts are those of the owner, unescaped. */
export function readCrossing({ event, data }: Pick<Crossing, 'event' | 'data'>): {
  name: string
  lines: [label: string, value: string][]
} {
  const text = (key: string) => String(data[key])
  const lines: [string, string][] =
    event === 'traffic_spike'
      ? [
          ['Visitors of the last 24 hours', text('currentVisitors')],
          ['Average day', text('baseline')],
          ['Threshold', `${text('thresholdMultiplier')} × the average`],
        ]
      : [
          ['Condition', text('condition')],
          ['Current', text('currentValue')],
          ['Threshold', text('threshold')],
        ]
  return { name: text('alertName'), lines: [...lines, ['Site', text('siteId')]] }
}
