// @ts-check
import { EMPTY, FETCH, OURS } from './names.mjs'

/** @typedef {import('./summarize.mjs').Row} Row */
/** @typedef {[title: string, show: (row: Row, rows: Row[]) => string]} Column */

/** @type {(row: Row | undefined, figure: string) => [q1: number, median: number, q3: number]} */
const quartiles = (row, figure) => /** @type {any} */ (row?.figures[figure] ?? [])
/** @type {(row: Row | undefined, figure: string) => number} */
const median = (row, figure) => quartiles(row, figure)[1]
/** @type {(rows: Row[], name: string) => Row | undefined} */
const findRow = (rows, name) => rows.find((row) => row.name === name)

/** @type {(microseconds: number) => string} */
const toMs = (microseconds) => (microseconds / 1000).toFixed(1)
/** @type {(bytes: number) => string} */
const toKb = (bytes) => (bytes / 1024).toFixed(1)
/** @type {(number: number) => string} */
const group = (number) => number.toLocaleString('en')

/** @type {Column} */
const NAME = ['', ({ name }) => name]
/** @type {Column} */
const REQUESTS = ['requests', (row) => group(median(row, 'requests'))]
/** @type {Column} */
const BYTES = ['brotli bytes', ({ bytes }) => group(bytes)]

/** @type {(title: string, figure: string) => Column[]} */
const timeColumns = (title, figure) => [
  [`${title}, ms`, (row) => toMs(median(row, figure))],
  ['quartiles', (row) => `${toMs(quartiles(row, figure)[0])}–${toMs(quartiles(row, figure)[2])}`],
]

/** @type {(title: string, figure: string, reference: string) => Column} */
const ratioColumn = (title, figure, reference) => [
  `${title} ÷ ${reference === FETCH ? 'fetch' : reference}`,
  (row, rows) => (median(row, figure) / median(findRow(rows, reference), figure)).toFixed(2),
]

/** @type {(title: string, figure: string) => Column[]} */
const heapColumns = (title, figure) => {
  /** @type {(bytes: number, rows: Row[]) => string} */
  const above = (bytes, rows) => toKb(bytes - median(findRow(rows, EMPTY), figure))
  return [
    [`${title}, KB`, (row, rows) => above(median(row, figure), rows)],
    [
      'quartiles',
      (row, rows) => `${above(quartiles(row, figure)[0], rows)}–${above(quartiles(row, figure)[2], rows)}`,
    ],
  ]
}

/** @type {Record<string, Column[]>} The columns of each measurement. */
export const TABLES = {
  load: [
    NAME,
    ...timeColumns('script', 'script'),
    ratioColumn('script', 'script', FETCH),
    ratioColumn('script', 'script', OURS),
    ratioColumn('main thread', 'tasks', FETCH),
    REQUESTS,
    BYTES,
  ],
  burst: [
    NAME,
    ...timeColumns('script in the task', 'task'),
    ratioColumn('task', 'task', OURS),
    ...timeColumns('script in all', 'script'),
    REQUESTS,
    ['events arrived', (row) => group(median(row, 'arrived'))],
  ],
  heap: [NAME, ...heapColumns('heap', 'heap'), ...heapColumns('heap beside a script', 'shared'), BYTES],
}

/**
 * Returns a table in Markdown, aligned as Prettier does it, numbers to the right, with the notes of rows below.
 *
 * @type {(columns: Column[], rows: Row[]) => string}
 */
export function formatTable(columns, rows) {
  const cells = [
    columns.map(([title]) => title),
    ...rows.map((row) => columns.map(([, show]) => show(row, rows))),
  ]
  const widths = columns.map((_, column) => Math.max(4, ...cells.map((line) => line[column]?.length ?? 0)))
  /** @type {(cell: string, column: number) => string} */
  const pad = (cell, column) =>
    column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  const [head = [], ...body] = cells.map((line) => line.map(pad))
  const notes = rows.filter(({ note }) => note).map(({ name, note }) => `- ${name}: ${note}.`)
  return [...[head, rule, ...body].map((line) => `| ${line.join(' | ')} |`), '', ...notes]
    .join('\n')
    .trimEnd()
}
