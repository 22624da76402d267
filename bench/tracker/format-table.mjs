// @ts-check
/** @type {[title: string, show: (subject: any) => string][]} */
const COLUMNS = [
  ['', ({ name }) => name],
  ['script, ÷ fetch', ({ script }) => script.toFixed(2)],
  ['÷ z.js', ({ scriptToOurs }) => scriptToOurs.toFixed(2)],
  ['main thread, ÷ fetch', ({ tasks }) => tasks.toFixed(2)],
  ['requests', ({ requests }) => String(requests)],
  ['brotli bytes', ({ bytes }) => bytes.toLocaleString('en')],
  ['', ({ note }) => note ?? ''],
]

/** An aligned table of the summary, numbers to the right. */
export function formatTable(summary) {
  const rows = [
    COLUMNS.map(([title]) => title),
    ...summary.map((subject) => COLUMNS.map(([, show]) => show(subject))),
  ]
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  const isText = (column) => column === 0 || column === COLUMNS.length - 1
  const align = (cell, column) =>
    isText(column) ? cell.padEnd(widths[column]) : cell.padStart(widths[column])
  return rows.map((row) => row.map(align).join('  ').trimEnd()).join('\n')
}
