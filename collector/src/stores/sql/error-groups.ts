import type { ControlStore } from '../../control/control-store.js'
import type { ControlDatabase } from './tables.js'

type ErrorGroups = Pick<ControlStore, 'setErrorGroupStatus' | 'errorGroupStatuses'>

/** Creates the store of error group statuses. The statuses are removed together with their site. */
export function createErrorGroupStore(db: ControlDatabase): ErrorGroups {
  return {
    async setErrorGroupStatus(siteId, { fingerprint, status, at }) {
      const change = { status, changed_at: at }
      await db
        .insertInto('error_groups')
        .columns(['site_id', 'fingerprint', 'status', 'changed_at'])
        // Insert nothing if the site was removed in the meantime.
        .expression((eb) =>
          eb
            .selectFrom('sites')
            .select((row) => [
              'id',
              row.val(fingerprint).as('fingerprint'),
              row.val(status).as('status'),
              row.val(at).as('changed_at'),
            ])
            .where('id', '=', siteId),
        )
        .onConflict((conflict) => conflict.columns(['site_id', 'fingerprint']).doUpdateSet(change))
        .execute()
    },
    async errorGroupStatuses(siteId) {
      const rows = await db.selectFrom('error_groups').selectAll().where('site_id', '=', siteId).execute()
      return new Map(
        rows.map(({ fingerprint, status, changed_at }) => [fingerprint, { status, changedAt: changed_at }]),
      )
    },
  }
}
