/** What a column of a table holds; also of `LowCardinality` of it, which is written alike. */
type ColumnType = 'String' | 'DateTime64(3)' | 'Bool' | 'UInt32'

/** With `shared`, the value of all rows; else each row has its own by that name. */
export type Column<Row> =
  | readonly [name: keyof Row & string, type: ColumnType]
  | readonly [name: string, type: ColumnType, shared: unknown]

const FIRST_BYTES_PER_ROW = 1_024
const MAX_UTF8_BYTES = 3
const MAX_LENGTH_BYTES = 5
const TWO_TO_32 = 2 ** 32
const MAX_LOOPED_TEXT = 16
// A text of so many UTF-16 units takes at most 127 bytes, whose number is one byte.
const MAX_SHORT_TEXT = 42

/**
 * Rows as RowBinary (https://clickhouse.com/docs/interfaces/formats/RowBinary): less work than JSON, for the
 * engine and for us. Times are ms since the epoch.
 */
export function encodeRows<Row extends object>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): Buffer {
  let buffer = Buffer.allocUnsafe(rows.length * FIRST_BYTES_PER_ROW)
  let at = 0

  const makeRoom = (bytes: number) => {
    if (at + bytes <= buffer.length) return
    const larger = Buffer.allocUnsafe(2 * (at + bytes))
    buffer.copy(larger, 0, 0, at)
    buffer = larger
  }
  const writeLength = (length: number) => {
    for (; length > 127; length >>>= 7) buffer[at++] = (length & 127) | 128
    buffer[at++] = length
  }
  /** Of a short text in ASCII; false when it is none. For a dozen characters a call of `write` costs more than writing them. */
  const writeAscii = (text: string): boolean => {
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index)
      if (unit > 127) return false
      buffer[at + 1 + index] = unit
    }
    buffer[at] = text.length
    at += 1 + text.length
    return true
  }
  const writeText = (text: string) => {
    makeRoom(text.length * MAX_UTF8_BYTES + MAX_LENGTH_BYTES)
    if (text.length <= MAX_LOOPED_TEXT && writeAscii(text)) return
    if (text.length <= MAX_SHORT_TEXT) {
      const bytes = buffer.write(text, at + 1)
      buffer[at] = bytes
      at += 1 + bytes
      return
    }
    writeLength(Buffer.byteLength(text))
    at += buffer.write(text, at)
  }
  const writeNumber = (number: number) => {
    makeRoom(4)
    at = buffer.writeUInt32LE(number, at)
  }

  const writeFlag = (flag: boolean) => {
    makeRoom(1)
    buffer[at++] = flag ? 1 : 0
  }
  // In halves: a BigInt for each would be garbage.
  const writeTime = (ms: number) => {
    writeNumber(ms >>> 0)
    writeNumber(Math.floor(ms / TWO_TO_32))
  }

  for (const row of rows)
    for (const [name, type, shared] of columns) {
      const value = (shared ?? row[name as keyof Row]) as never
      if (type === 'String') writeText(value)
      else if (type === 'Bool') writeFlag(value)
      else if (type === 'UInt32') writeNumber(value)
      else writeTime(value)
    }
  return buffer.subarray(0, at)
}
