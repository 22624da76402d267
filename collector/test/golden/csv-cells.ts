import type { Row } from './true-answers.js'

// Text that a spreadsheet would run as a formula.
const FORMULA = /^[=+\-@\t\r]/

/** The records of a CSV text (RFC 4180), keyed by its header. */
export function readCsv(text: string): Record<string, string>[] {
  const records: string[][] = [[]]
  for (const [, quoted, plain = '', end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    records.at(-1)!.push(quoted?.replaceAll('""', '"') ?? plain)
    if (end !== ',') records.push([])
  }
  const [head, ...rows] = records.slice(0, -1) as [string[], ...string[][]]
  return rows.map((row) => {
    if (row.length !== head.length)
      throw new Error(`a record has ${row.length} cells and the head ${head.length}`)
    return Object.fromEntries(head.map((name, index) => [name, row[index]!]))
  })
}

/**
 * The expected cells of a row: nested objects flattened, empty for null, an apostrophe before a would-be
 * formula.
 */
export function writeCells(row: Row, prefix = ''): Record<string, string> {
  return Object.assign(
    {},
    ...Object.entries(row).map(([name, value]) => {
      if (typeof value === 'object' && value !== null) return writeCells(value as Row, `${prefix}${name}_`)
      return {
        [prefix + name]:
          typeof value === 'string' && FORMULA.test(value)
            ? `'${value}`
            : String((value as number | null) ?? ''),
      }
    }),
  ) as Record<string, string>
}
