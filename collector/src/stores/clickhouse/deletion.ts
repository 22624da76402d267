import { setTimeout as sleep } from 'node:timers/promises'
import type { ClickHouseClient } from '@clickhouse/client'
import type { Deletion, DeletionResult } from '../../ingest/event-store.js'
import { REPLACED, invalidateAround } from './rollups/invalidate.js'

// An answer has to come before the connection is taken for dead, which is after 60 seconds of silence.
const PATIENCE_MS = 45_000
const FIRST_POLL_MS = 20
const LAST_POLL_MS = 250

// Those of full and of lightweight deletions; a change of the schema is none of ours.
const MUTATIONS =
  "database = currentDatabase() AND table = {table: String} AND (position(command, 'DELETE') > 0 OR position(command, '_row_exists') > 0)"
const PROGRESS = `
  SELECT countIf(NOT is_done) AS unfinished, maxIf(latest_fail_reason, NOT is_done) AS failure FROM system.mutations WHERE ${MUTATIONS}`

const MASKED_PARTITIONS = `
  SELECT DISTINCT partition_id AS partition FROM system.parts
  WHERE database = currentDatabase() AND table = {table: String} AND active AND has_lightweight_delete`

// What merges and mutations replaced until a moment, and is still a file.
const REPLACED_PARTS = `
  SELECT count() AS parts FROM system.parts
  WHERE database = currentDatabase() AND table = {table: String} AND _state IN ('Outdated', 'Deleting') AND remove_time <= fromUnixTimestamp({until: UInt32})`

// Of no event ever. By itself an idle table looks for replaced parts every ten minutes only; whoever drops a partition, even one that is not there, makes it look now.
const NO_PARTITION = '190001'

/**
 * Deletes rows of the event tables for good, and what was made of them.
 *
 * A lightweight DELETE would only hide them until some later merge, so the parts that hold them are written anew.
 * Only the months (partitions) that hold such rows are touched, and when none does, nothing is.
 */
export function createDeletion(
  client: ClickHouseClient,
  patienceMs = PATIENCE_MS,
): (deletion: Deletion) => Promise<DeletionResult> {
  let previous: Promise<unknown> = Promise.resolve()

  const select = async <Row>(query: string, params: Record<string, unknown>): Promise<Row[]> => {
    const result = await client.query({
      query,
      query_params: params,
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    })
    return result.json<Row>()
  }

  async function deleteRows(
    table: string,
    where: string,
    params: Record<string, unknown>,
  ): Promise<DeletionResult> {
    const found = await select<{ partition: string; rows: number }>(
      `SELECT _partition_id AS partition, count() AS rows FROM ${table} WHERE ${where} GROUP BY partition`,
      params,
    )
    // Rows that a lightweight DELETE hid are found by no condition: they leave with their mask, so that none is a row of the visitor.
    for (const { partition } of await select<{ partition: string }>(MASKED_PARTITIONS, { table }))
      await client.command({
        query: `ALTER TABLE ${table} APPLY DELETED MASK IN PARTITION ID {partition: String}`,
        query_params: { partition },
      })
    for (const { partition } of found)
      await client.command({
        query: `ALTER TABLE ${table} DELETE IN PARTITION ID {partition: String} WHERE ${where}`,
        query_params: { ...params, partition },
      })
    const deadline = performance.now() + patienceMs
    const isDone = (await waitForMutations(table, deadline)) && (await waitForFiles(table, deadline))
    return { rows: found.reduce((sum, { rows }) => sum + rows, 0), isDone }
  }

  async function waitForMutations(table: string, deadline: number): Promise<boolean> {
    for (let pause = FIRST_POLL_MS; ; pause = Math.min(pause * 2, LAST_POLL_MS)) {
      const [progress] = await select<{ unfinished: number; failure: string }>(PROGRESS, { table })
      if (progress!.unfinished === 0) break
      // The engine would try for ever, and hold up every later one.
      if (progress!.failure) {
        await forgetMutations(table, '1')
        throw new Error(`rows of ${table} could not be deleted: ${progress!.failure}`)
      }
      if (performance.now() > deadline) return false
      await sleep(pause)
    }
    // The text of a finished mutation stays in a file and names the visitor. KILL takes the file away.
    await forgetMutations(table, 'is_done')
    return true
  }

  /** Until the rows are in no file: a part stays for a second after it was replaced, and as long as a query reads it. */
  async function waitForFiles(table: string, deadline: number): Promise<boolean> {
    const [clock] = await select<{ until: number }>('SELECT toUnixTimestamp(now()) AS until', {})
    for (;;) {
      const [replaced] = await select<{ parts: number }>(REPLACED_PARTS, { table, until: clock!.until })
      if (replaced!.parts === 0) return true
      if (performance.now() > deadline) return false
      await sleep(LAST_POLL_MS)
      await client.command({ query: `ALTER TABLE ${table} DROP PARTITION ID '${NO_PARTITION}'` })
    }
  }

  async function forgetMutations(table: string, which: string): Promise<void> {
    await client.command({
      query: `KILL MUTATION WHERE ${MUTATIONS} AND ${which} SYNC`,
      query_params: { table },
    })
  }

  return (deletion) => {
    // One after the other: each rewrites whole parts.
    const result = previous.then(async () => {
      const { where, params } = describe(deletion)
      const events = await invalidateAround(client, { where: where('occurred_at'), params }, () =>
        deleteRows('events', where('occurred_at'), params),
      )
      const heartbeats = await deleteRows('heartbeats', where('received_at'), params)
      const built = []
      for (const table of ['visits', 'page_days'])
        built.push(await deleteRows(table, `site_id IN {siteIds: Array(String)} AND ${REPLACED}`, params))
      return { rows: events.rows, isDone: [events, heartbeats, ...built].every(({ isDone }) => isDone) }
    })
    previous = result.catch(() => {})
    return result
  }
}

function describe({ siteIds, visitorId, before }: Deletion): {
  where: (time: string) => string
  params: Record<string, unknown>
} {
  const where = (time: string) =>
    [
      'site_id IN {siteIds: Array(String)}',
      ...(visitorId === undefined ? [] : ['visitor_id = {visitorId: String}']),
      ...(before === undefined ? [] : [`${time} < toDateTime64({before: Float64}, 3)`]),
    ].join(' AND ')
  return { where, params: { siteIds, visitorId: visitorId ?? '', before: (before ?? 0) / 1000 } }
}
