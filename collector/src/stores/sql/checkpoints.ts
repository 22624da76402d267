import type { CheckpointStore } from '../../webhooks/events/checkpoints.js'
import type { ControlDatabase } from './tables.js'

/** The marks of the control data. */
export function createSqliteCheckpoints(db: ControlDatabase): CheckpointStore {
  return {
    async findCheckpoint(name) {
      const row = await db.selectFrom('marks').select('at').where('name', '=', name).executeTakeFirst()
      return row?.at
    },
    async saveCheckpoint(name, at) {
      await db
        .insertInto('marks')
        .values({ name, at })
        .onConflict((conflict) => conflict.column('name').doUpdateSet({ at }))
        .execute()
    },
  }
}
