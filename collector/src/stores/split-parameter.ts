// ClickHouse takes 128 KiB in one parameter of a statement.
const MAX_BYTES = 120_000
// Quotes and comma; and of each UTF-16 unit three bytes at most, or an escaped one.
const BYTES_PER_TEXT = 3
const BYTES_PER_UNIT = 3

/** Splits texts into arrays that each fit into one parameter of a statement. */
export function* splitParameter(texts: Iterable<string>): Generator<string[]> {
  let part: string[] = []
  let bytes = 0
  for (const text of texts) {
    const size = BYTES_PER_TEXT + text.length * BYTES_PER_UNIT
    if (bytes + size > MAX_BYTES && part.length > 0) {
      yield part
      part = []
      bytes = 0
    }
    part.push(text)
    bytes += size
  }
  if (part.length > 0) yield part
}
