import type { TObject, TSchema } from '@sinclair/typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Pagination } from './answer-schemas.js'
import type { Table } from './route.js'

type Cell = string | number | boolean | null | undefined

// Spreadsheets execute text that starts with one of these characters, also in full width, as a formula. In some
// languages a semicolon separates cells, and some programs end a row at each line feed. Any client can send such text
// in an event.
const FORMULA_START = /(^|[;\t\r\n])(?=[=+\-@\t\r＝＋－＠])/g
const NEEDS_QUOTES = /[",\r\n]/

/**
 * Formats rows as RFC 4180 CSV with a header row. Text that a spreadsheet would execute as a formula is
 * prefixed with an apostrophe.
 */
function writeCsv(columns: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [columns, ...rows].map((row) => `${row.map(writeCell).join(',')}\r\n`).join('')
}

function writeCell(value: Cell): string {
  if (typeof value !== 'string') return String(value ?? '')
  const text = value.replaceAll(FORMULA_START, "$1'")
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

const CSV_FIRST = /^\s*text\/csv\b/i

/**
 * Checks whether the client requests CSV. The `format` parameter takes precedence over an `Accept` header
 * that starts with `text/csv`.
 */
export function isCsvRequested(request: FastifyRequest, format: unknown): boolean {
  return format === undefined ? CSV_FIRST.test(request.headers.accept ?? '') : format === 'csv'
}

/**
 * Sets the CSV response headers and returns the rows of a response as CSV. Nested objects become columns with
 * a prefix, such as `previous_visitors`. The cursor of the next page is sent in the `X-Next-Cursor` header.
 */
export function sendTable(
  reply: FastifyReply,
  { table, data, name }: { table: Table; data: unknown; name: string },
): string {
  const rows = table.read(data).map((row) => flatten(row))
  const columns = columnsOf(table.row)
    .filter(({ name: column, isOptional }) => !isOptional || rows.some((row) => column in row))
    .map(({ name: column }) => column)
  const { pagination } = data as { pagination?: Partial<Pagination> }
  if (pagination?.next_cursor) reply.header('x-next-cursor', pagination.next_cursor)
  reply.headers({
    'content-type': 'text/csv; charset=utf-8; header=present',
    'content-disposition': `attachment; filename="${name}.csv"`,
  })
  return writeCsv(
    columns,
    rows.map((row) => columns.map((column) => row[column])),
  )
}

function flatten(row: Record<string, unknown>, prefix = ''): Record<string, Cell> {
  return Object.assign(
    {},
    ...Object.entries(row).map(([name, value]) =>
      typeof value === 'object' && value !== null
        ? flatten(value as Record<string, unknown>, `${prefix}${name}_`)
        : { [prefix + name]: value as Cell },
    ),
  ) as Record<string, Cell>
}

interface Column {
  name: string
  /** Whether the column is omitted if no row contains a value for it. */
  isOptional: boolean
}

function columnsOf(schema: TObject, prefix = '', isOptional = false): Column[] {
  return Object.entries(schema.properties).flatMap(([name, property]) => {
    const optional = isOptional || !schema.required?.includes(name)
    const inner = objectOf(property)
    return inner
      ? columnsOf(inner, `${prefix}${name}_`, optional)
      : [{ name: prefix + name, isOptional: optional }]
  })
}

function objectOf(schema: TSchema): TObject | undefined {
  const { type, anyOf = [] } = schema as { type?: string; anyOf?: TSchema[] }
  return (type === 'object' ? schema : anyOf.find((part) => part.type === 'object')) as TObject | undefined
}
