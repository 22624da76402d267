import type { MarkStore } from '../../webhooks/events/checkpoints.js'
import type { ControlDatabase } from './tables.js'

/** The marks of the control data. */
export function createSqliteMarks(db: ControlDatabase): MarkStore {
  return {
    async readMark(name) {
      const row = await db.selectFrom('marks').select('at').where('name', '=', name).executeTakeFirst()
      return row?.at
    },
    async writeMark(name, at) {
      await db
        .insertInto('marks')
        .values({ name, at })
        .onConflict((conflict) => conflict.column('name').doUpdateSet({ at }))
        .execute()
    },
  }
}
