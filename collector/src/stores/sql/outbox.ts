import { setImmediate as yieldToOthers } from 'node:timers/promises'
import { sql } from 'kysely'
import { buildBody, deriveEventId } from '../../webhooks/outbox.js'
import type { PutResult, WebhookStore } from '../../webhooks/webhook-store.js'
import { MAX_BACKLOG, MAX_PAYLOAD_BYTES, type Webhook, type WebhookEvent } from '../../webhooks/webhook.js'
import { logDropped } from './delivery-log.js'
import type { ControlDatabase } from './tables.js'
import { jsonRows, runExclusively } from './dialect.js'
import { listWebhooksOfSites } from './webhooks.js'

// Maximum number of deliveries that one transaction inserts. SQLite blocks the process for up to 0.1 ms per
// delivery.
const MAX_DELIVERIES_AT_ONCE = 100

interface Draft {
  webhookId: string
  siteId: string
  eventId: string
  event: string
  at: number
  /** The `data` field of the request body, as JSON. */
  data: string
}

/** Creates the outbox, which queues events for every webhook that subscribes to them. */
export function createOutboxStore(db: ControlDatabase): Pick<WebhookStore, 'putDeliveries'> {
  return {
    async putDeliveries(events, options) {
      const result: PutResult = { queued: 0, dropped: 0, queuedFor: new Set() }
      const steps = splitSteps(events, await listWebhooksOfSites(db, sitesOf(events)))
      for (const [index, some] of steps.entries()) {
        if (index > 0) await yieldToOthers()
        const { queued, dropped, queuedFor } = await runExclusively(db, (connection) =>
          put(connection, some, options),
        )
        result.queued += queued
        result.dropped += dropped
        for (const id of queuedFor) result.queuedFor.add(id)
      }
      return result
    },
  }
}

/**
 * Splits events into steps of at most {@link MAX_DELIVERIES_AT_ONCE} deliveries. Each step is inserted in its
 * own transaction. A step contains at least one event, even if that event alone exceeds the limit.
 */
function splitSteps(events: WebhookEvent[], webhooks: Map<string, Webhook[]>): WebhookEvent[][] {
  const steps: WebhookEvent[][] = []
  let room = 0
  for (const event of events) {
    const deliveries = webhooks.get(event.siteId)?.length ?? 0
    if (steps.length === 0 || deliveries > room) {
      steps.push([])
      room = MAX_DELIVERIES_AT_ONCE
    }
    steps.at(-1)!.push(event)
    room -= deliveries
  }
  return steps
}

async function put(
  connection: ControlDatabase,
  events: WebhookEvent[],
  { now, wallNow, logsEarly = false }: { now: number; wallNow: number; logsEarly?: boolean },
): Promise<PutResult> {
  const webhooks = await listWebhooksOfSites(connection, sitesOf(events))
  const drafts = await selectNew(
    connection,
    events.flatMap((event) => draftFor(event, webhooks.get(event.siteId) ?? [], wallNow)),
  )
  const result: PutResult = { queued: 0, dropped: 0, queuedFor: new Set() }
  const rows: unknown[][] = []
  const claimStamp = createStampClaims(connection)
  for (const webhook of new Set([...webhooks.values()].flat())) {
    let tooLarge = 0
    let tooMany = 0
    let queued = 0
    for (const draft of drafts.filter(({ webhookId }) => webhookId === webhook.id)) {
      if (webhook.backlog + queued >= MAX_BACKLOG) {
        tooMany++
        continue
      }
      const stamp = await claimStamp(webhook.id, draft.event, draft.at)
      const body = buildBody({ id: draft.eventId, event: draft.event, at: stamp, data: draft.data })
      if (Buffer.byteLength(body) > MAX_PAYLOAD_BYTES) {
        tooLarge++
        continue
      }
      rows.push([webhook.id, draft.eventId, draft.event, draft.siteId, stamp, body])
      queued++
    }
    if (queued > 0) {
      await connection
        .updateTable('webhooks')
        .set({ backlog: sql`backlog + ${queued}` })
        .where('id', '=', webhook.id)
        .execute()
      result.queuedFor.add(webhook.id)
    }
    const early = logsEarly
      ? events.filter((event) => {
          const isSubscribed =
            webhooks.get(event.siteId)?.includes(webhook) && webhook.events.includes(event.name)
          return isSubscribed && isEarly(event, webhook, wallNow)
        }).length
      : 0
    if (early > 0)
      await logDropped(connection, webhook, {
        note: 'happened before the webhook was created',
        count: early,
        at: wallNow,
      })
    if (tooMany > 0)
      await logDropped(connection, webhook, {
        note: `over ${MAX_BACKLOG} deliveries wait`,
        count: tooMany,
        at: wallNow,
      })
    if (tooLarge > 0)
      await logDropped(connection, webhook, {
        note: 'the payload is over 1 MB',
        count: tooLarge,
        at: wallNow,
      })
    result.queued += queued
    result.dropped += tooMany + tooLarge
  }
  await insertAll(connection, rows, now)
  return result
}

function sitesOf(events: WebhookEvent[]): string[] {
  return [...new Set(events.map(({ siteId }) => siteId))]
}

/**
 * Whether an event happened before a webhook was created. If the clock was set back, the creation time of a
 * webhook may be in the future. Such a webhook receives the event.
 */
function isEarly({ at }: WebhookEvent, { createdAt }: Webhook, wallNow: number): boolean {
  return createdAt > at && createdAt <= wallNow
}

function draftFor(event: WebhookEvent, webhooks: Webhook[], wallNow: number): Draft[] {
  const { key, name, siteId, at, data } = event
  const subscribed = webhooks.filter(
    (webhook) => webhook.events.includes(name) && !isEarly(event, webhook, wallNow),
  )
  if (subscribed.length === 0) return []
  const draft = {
    siteId,
    event: name,
    eventId: deriveEventId({ siteId, name, key }),
    at: Math.floor(at),
    data: JSON.stringify(data),
  }
  return subscribed.map(({ id }) => ({ webhookId: id, ...draft }))
}

/**
 * Returns the drafts that are not stored as deliveries yet. Each webhook and event occurs only once in the
 * result.
 */
async function selectNew(connection: ControlDatabase, drafts: Draft[]): Promise<Draft[]> {
  const keyOf = (webhookId: string, eventId: string) => `${webhookId} ${eventId}`
  const fresh = new Map(drafts.map((draft) => [keyOf(draft.webhookId, draft.eventId), draft]))
  if (fresh.size === 0) return []
  const keys = JSON.stringify([...fresh.values()].map(({ webhookId, eventId }) => [webhookId, eventId]))
  const known = await sql<{ webhook_id: string; event_id: string }>`
    SELECT d.webhook_id, d.event_id FROM ${jsonRows(keys)} AS k CROSS JOIN webhook_deliveries AS d ON d.webhook_id = k.value ->> 0 AND d.event_id = k.value ->> 1
  `.execute(connection)
  for (const row of known.rows) fresh.delete(keyOf(row.webhook_id, row.event_id))
  return [...fresh.values()]
}

// Maximum length of the JSON text in which rows are passed to SQLite. One statement inserts all rows of a
// text.
const MAX_TEXT_LENGTH = 8_000_000

async function insertAll(connection: ControlDatabase, rows: unknown[][], now: number): Promise<void> {
  let texts: string[] = []
  let length = 0
  const insert = async () => {
    if (texts.length === 0) return
    await sql`
      INSERT INTO webhook_deliveries (webhook_id, event_id, event, site_id, stamped_at, body, state, attempts, due_at, queued_at)
      SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, 'pending', 0, ${now}, ${now} FROM ${jsonRows(`[${texts.join(',')}]`)} WHERE true
    `.execute(connection)
    texts = []
    length = 0
  }
  for (const row of rows) {
    const text = JSON.stringify(row)
    if (length + text.length > MAX_TEXT_LENGTH) await insert()
    texts.push(text)
    length += text.length
  }
  await insert()
}

const BLOCK_MS = 1_024

/**
 * Reserves the first unused timestamp at or after `at` for a webhook and event name. Timestamps are Unix
 * times in milliseconds.
 */
type ClaimStamp = (webhookId: string, event: string, at: number) => Promise<number>

/**
 * Creates a function that assigns a unique timestamp to each delivery with the same webhook and event name.
 * Receivers that use the documented sample code drop a second event with the same name and timestamp.
 *
 * The function reads the used timestamps of about one second at a time, and caches them until the end of the
 * transaction.
 */
function createStampClaims(connection: ControlDatabase): ClaimStamp {
  const blocks = new Map<string, Set<number>>()
  // For each requested timestamp, the timestamp at which the next search starts. Without it, a thousand
  // events with the same time would take half a million steps.
  const searched = new Map<string, number>()

  async function readBlock(webhookId: string, event: string, block: number): Promise<Set<number>> {
    const key = `${webhookId} ${event} ${block}`
    const known = blocks.get(key)
    if (known) return known
    const rows = await connection
      .selectFrom('webhook_deliveries')
      .select('stamped_at')
      .where('webhook_id', '=', webhookId)
      .where('event', '=', event)
      .where('stamped_at', '>=', block * BLOCK_MS)
      .where('stamped_at', '<', (block + 1) * BLOCK_MS)
      .execute()
    const taken = new Set(rows.map((row) => row.stamped_at))
    blocks.set(key, taken)
    return taken
  }

  return async (webhookId, event, at) => {
    const key = `${webhookId} ${event} ${at}`
    for (let stamp = searched.get(key) ?? at; ;) {
      const block = Math.floor(stamp / BLOCK_MS)
      const end = (block + 1) * BLOCK_MS
      const taken = await readBlock(webhookId, event, block)
      while (stamp < end && taken.has(stamp)) stamp++
      if (stamp === end) continue
      taken.add(stamp)
      searched.set(key, stamp + 1)
      return stamp
    }
  }
}
