import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { type ClickHouseClient, createClient } from '@clickhouse/client'
import fc from 'fast-check'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createRowEncoder } from '../../../src/stores/clickhouse/encode-rows.js'
import { type EmbeddedEngine, startEmbeddedEngine } from '../../../src/stores/engine/embedded-engine.js'

interface Row {
  place: number
  text: string
  word: string
  at: number
  flag: boolean
}

const encoder = createRowEncoder<Row>(
  {
    place: { type: 'UInt32' },
    text: { type: 'String' },
    word: { type: 'LowCardinality(String)' },
    at: { type: "DateTime64(3, 'UTC')" },
    flag: { type: 'Bool' },
  },
  { writer: { type: 'UInt32', value: 2 ** 32 - 1 } },
)

let folder: string
let engine: EmbeddedEngine
let client: ClickHouseClient
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zenovay-rows-'))
  engine = await startEmbeddedEngine(join(folder, 'engine'), pino({ level: 'silent' }))
  client = createClient({ url: engine.url })
  await client.command({
    query:
      "CREATE TABLE written (place UInt32, text String, word LowCardinality(String), at DateTime64(3, 'UTC'), flag Bool, writer UInt32) ENGINE = MergeTree ORDER BY place",
  })
})
afterAll(async () => {
  await client.close()
  await engine.stop()
  await rm(folder, { recursive: true })
})

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  // Around the lengths at which the length prefix grows by a byte, in one, two, three and four bytes a
  // character.
  fc
    .tuple(
      fc.constantFrom('a', 'ß', '界', '😀'),
      fc.constantFrom(41, 42, 43, 127, 128, 129, 500, 16_383, 16_384),
    )
    .map(([unit, times]) => unit.repeat(times)),
  fc.constantFrom('', '\0', '\t\n\\', "'); DROP TABLE written; --"),
)

it('encodes any text so that the engine reads the same text back', async () => {
  const row = fc.record({
    text,
    word: text,
    at: fc.integer({ min: 0, max: Date.UTC(2200, 0) }),
    flag: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 30 }), async (fields) => {
      const rows = fields.map((row, place): Row => ({ place, ...row }))
      await client.command({ query: 'TRUNCATE TABLE written' })
      const { stream } = await client.exec({
        query: `INSERT INTO written (${encoder.columns.join()}) FORMAT RowBinary`,
        values: Readable.from([encoder.encode(rows)]),
      })
      stream.resume()
      const result = await client.query({
        query:
          'SELECT place, text, word, toUnixTimestamp64Milli(at) AS at, flag, writer FROM written ORDER BY place',
        format: 'JSONEachRow',
        clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
      })
      expect(await result.json()).toEqual(rows.map((row) => ({ ...row, writer: 2 ** 32 - 1 })))
    }),
    { numRuns: 40 },
  )
})

it('writes nothing for an empty list of rows', () => {
  expect(encoder.encode([])).toHaveLength(0)
})
