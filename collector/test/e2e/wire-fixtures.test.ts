import type { ErrorBody, IngestAnswer } from '@zenovay/tracker/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bodyText, isAccepted, WIRE_FIXTURES } from '../../../test/support/wire-fixtures.js'
import { startTestCollector, type TestCollector } from '../support/start-test-collector.js'

interface StoredRow extends Record<string, unknown> {
  received: number
  occurred: number
  properties: string
}

let collector: TestCollector

beforeAll(async () => {
  // Each fixture has its own address, because the limits have separate tests.
  collector = await startTestCollector({ TRUSTED_PROXIES: '127.0.0.1' })
})
afterAll(() => collector.close())

/** Every row, oldest first. */
const readRows = () =>
  collector.select<StoredRow>(
    'SELECT *, toUnixTimestamp64Milli(received_at) AS received, toUnixTimestamp64Milli(occurred_at) AS occurred FROM events ORDER BY received_at',
  )

describe('the collector answers and stores the wire fixtures as described', () => {
  it.each(WIRE_FIXTURES.map((fixture, index) => ({ ...fixture, address: `10.1.1.${index}` })))(
    'answers and stores the wire fixture $name: $description',
    async (fixture) => {
      const before = await readRows()
      const answer = await collector.post(bodyText(fixture), {
        ...(fixture.contentType && { contentType: fixture.contentType }),
        ...(fixture.trackingCode && { code: fixture.trackingCode }),
        headers: { 'x-forwarded-for': fixture.address, ...(fixture.origin && { origin: fixture.origin }) },
      })
      const body = (await answer.json()) as IngestAnswer | ErrorBody
      const rows = (await readRows()).slice(before.length)
      expect(answer.status).toBe(fixture.expect.status)
      expect(answer.headers.get('access-control-allow-origin')).toBe('*')

      const { expect: expected } = fixture
      if (!isAccepted(expected)) {
        expect(body).toMatchObject({
          success: false,
          error: { code: expected.code, ...(expected.details && { details: expected.details }) },
        })
        return expect(rows).toEqual([])
      }
      expect(body).toMatchObject({ success: true, ...(expected.accepted && { accepted: expected.accepted }) })
      const { rejected = [] } = body as IngestAnswer
      expect(
        rejected.map(({ index, error }) => ({
          index,
          code: error.code,
          fields: error.details?.map(({ field }) => field),
        })),
      ).toEqual(expected.rejected ?? [])
      expect(
        rows.map((row) => ({ ...row, properties: JSON.parse(row.properties) as unknown })),
      ).toMatchObject(expected.rows)
      for (const row of rows) expect(row.received - row.occurred).toBe(expected.ageMs ?? 0)
    },
  )
})
