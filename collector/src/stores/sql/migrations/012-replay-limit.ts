import { type Kysely, sql } from 'kysely'

/** Adds the index with which the replays of an account within the last hour are counted. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`CREATE INDEX webhook_log_replayed ON webhook_log (account_id, at) WHERE kind = 'replayed'`.execute(
    db,
  )
}
