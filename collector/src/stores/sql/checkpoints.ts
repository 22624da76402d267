import type { CheckpointStore } from '../../webhooks/events/checkpoints.js'
import type { ControlDatabase } from './tables.js'

export function createCheckpointStore(db: ControlDatabase): CheckpointStore {
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
