import { setTimeout as sleep } from 'node:timers/promises'
import { SECOND_MS } from '../../durations.js'
import type { Deletion, DeletionResult } from '../../ingest/event-store.js'
import { explainUnavailable, momentSql, readStoreClock, type StoreClient } from './client.js'
import { invalidateAround, IS_REPLACED_BUILD, ROLLUP_TABLES } from './rollups/invalidate.js'

// Maximum time that a deletion waits for its completion. Clients close a silent connection after 60 seconds.
const WAIT_MS = 45 * SECOND_MS
const FIRST_POLL_MS = 20
const LAST_POLL_MS = 250

// Selects the deletions among the mutations, which are the engine's background rewrites of rows.
const DELETIONS =
  "database = currentDatabase() AND table = {table: String} AND (position(command, 'DELETE') > 0 OR position(command, '_row_exists') > 0)"
const PROGRESS = `
  SELECT countIf(NOT is_done) AS unfinished, maxIf(latest_fail_reason, NOT is_done) AS failure FROM system.mutations WHERE ${DELETIONS}`

const MASKED_PARTITIONS = `
  SELECT DISTINCT partition_id AS partition FROM system.parts
  WHERE database = currentDatabase() AND table = {table: String} AND active AND has_lightweight_delete`

// Counts the parts (data folders) that the engine replaced before `until` and has not deleted yet.
const REPLACED_PARTS = `
  SELECT count() AS parts FROM system.parts
  WHERE database = currentDatabase() AND table = {table: String} AND _state IN ('Outdated', 'Deleting') AND remove_time <= ${momentSql('until')}`

// A partition that does not exist. Dropping it makes the engine delete replaced parts immediately. Otherwise,
// an idle table would delete them only every ten minutes.
const NO_PARTITION = '190001'

/**
 * Creates the function that permanently deletes rows from the event tables and their rollups.
 *
 * A lightweight DELETE would only hide the rows until a later merge. The function therefore rewrites the
 * monthly partitions that contain matching or hidden rows.
 */
export function createDeletion(
  client: StoreClient,
  waitMs = WAIT_MS,
): (deletion: Deletion) => Promise<DeletionResult> {
  let previous: Promise<unknown> = Promise.resolve()

  async function deleteRows(
    table: string,
    where: string,
    params: Record<string, unknown>,
  ): Promise<DeletionResult> {
    const found = await client.select<{ partition: string; rows: number }>(
      `SELECT _partition_id AS partition, count() AS rows FROM ${table} WHERE ${where} GROUP BY partition`,
      params,
    )
    // Remove the rows that an earlier lightweight DELETE has hidden, because they may belong to the visitor.
    // Conditions do not match hidden rows.
    for (const { partition } of await client.select<{ partition: string }>(MASKED_PARTITIONS, { table }))
      await client.command(`ALTER TABLE ${table} APPLY DELETED MASK IN PARTITION ID {partition: String}`, {
        partition,
      })
    for (const { partition } of found)
      await client.command(`ALTER TABLE ${table} DELETE IN PARTITION ID {partition: String} WHERE ${where}`, {
        ...params,
        partition,
      })
    const deadline = performance.now() + waitMs
    const isDone = (await waitForMutations(table, deadline)) && (await waitForFiles(table, deadline))
    return { rows: found.reduce((sum, { rows }) => sum + rows, 0), isDone }
  }

  async function waitForMutations(table: string, deadline: number): Promise<boolean> {
    for (let pause = FIRST_POLL_MS; ; pause = Math.min(pause * 2, LAST_POLL_MS)) {
      const [progress] = await client.select<{ unfinished: number; failure: string }>(PROGRESS, { table })
      if (progress!.unfinished === 0) break
      // Drop a failed deletion, because the engine would retry it forever and block every later mutation.
      if (progress!.failure) {
        await dropMutations(table, '1')
        throw explainUnavailable(new Error(`rows of ${table} could not be deleted: ${progress!.failure}`))
      }
      if (performance.now() > deadline) return false
      await sleep(pause)
    }
    // The engine keeps the SQL of finished mutations in a file. The SQL contains the visitor ID, and KILL
    // deletes the file.
    await dropMutations(table, 'is_done')
    return true
  }

  /**
   * Waits until no file contains the deleted rows. The engine keeps replaced files for one second, or longer
   * while a query reads them. Resolves to false if the deadline passes first.
   */
  async function waitForFiles(table: string, deadline: number): Promise<boolean> {
    const until = await readStoreClock(client)
    for (;;) {
      const [replaced] = await client.select<{ parts: number }>(REPLACED_PARTS, { table, until })
      if (replaced!.parts === 0) return true
      if (performance.now() > deadline) return false
      await sleep(LAST_POLL_MS)
      await client.command(`ALTER TABLE ${table} DROP PARTITION ID '${NO_PARTITION}'`)
    }
  }

  function dropMutations(table: string, condition: string): Promise<void> {
    return client.command(`KILL MUTATION WHERE ${DELETIONS} AND ${condition} SYNC`, { table })
  }

  return (deletion) => {
    // Deletions run one at a time, because each deletion rewrites large files.
    const result = previous.then(async () => {
      const { where, params } = buildCondition(deletion)
      const events = await invalidateAround(client, { where: where('occurred_at'), params }, () =>
        deleteRows('events', where('occurred_at'), params),
      )
      const heartbeats = await deleteRows('heartbeats', where('received_at'), params)
      const rollups = []
      for (const table of ROLLUP_TABLES)
        rollups.push(
          await deleteRows(table, `site_id IN {siteIds: Array(String)} AND ${IS_REPLACED_BUILD}`, params),
        )
      return { rows: events.rows, isDone: [events, heartbeats, ...rollups].every(({ isDone }) => isDone) }
    })
    previous = result.catch(() => {})
    return result
  }
}

function buildCondition({ siteIds, visitorId, before }: Deletion): {
  where: (timeColumn: string) => string
  params: Record<string, unknown>
} {
  const where = (timeColumn: string) =>
    [
      'site_id IN {siteIds: Array(String)}',
      ...(visitorId === undefined ? [] : ['visitor_id = {visitorId: String}']),
      ...(before === undefined ? [] : [`${timeColumn} < ${momentSql('before')}`]),
    ].join(' AND ')
  return { where, params: { siteIds, visitorId: visitorId ?? '', before: before ?? 0 } }
}
