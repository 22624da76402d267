import type { Row } from './true-answers.js'

// What a spreadsheet would run.
const FORMULA = /^[=+\-@\t\r]/

/** The records of a CSV of RFC 4180 by the names of its head. */
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

/** A row as its cells must be: inner objects flattened, nothing for null, an apostrophe before what would be a formula. */
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
