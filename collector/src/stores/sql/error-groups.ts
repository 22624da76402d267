import type { ControlStore } from '../../control/control-store.js'
import type { ControlDatabase } from './tables.js'

type ErrorGroups = Pick<ControlStore, 'setErrorGroupStatus' | 'errorGroupStatuses'>

/** What was decided about groups of errors; it goes with the site. */
export function createSqliteErrorGroups(db: ControlDatabase): ErrorGroups {
  return {
    async setErrorGroupStatus(siteId, { fingerprint, status, at }) {
      const change = { status, changed_at: at }
      await db
        .insertInto('error_groups')
        .columns(['site_id', 'fingerprint', 'status', 'changed_at'])
        // The site may be removed by now.
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
