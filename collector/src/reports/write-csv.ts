export type Cell = string | number | boolean | null | undefined

// A spreadsheet takes a text that begins so for a formula, and texts are what strangers sent.
const FORMULA_START = /^[=+\-@\t\r]/
const NEEDS_QUOTES = /[",\r\n]/

/** A table as RFC 4180 writes it, UTF-8, with a head. Texts that a spreadsheet would run as a formula begin with an apostrophe. */
export function writeCsv(columns: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [columns, ...rows].map((row) => `${row.map(writeCell).join(',')}\r\n`).join('')
}

function writeCell(value: Cell): string {
  if (typeof value !== 'string') return String(value ?? '')
  const text = FORMULA_START.test(value) ? `'${value}` : value
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
