import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { ControlStore } from '../../../src/control/control-store.js'
import { openControlStores } from '../../../src/stores/sql/database.js'
import { mapStoreErrors } from '../../../src/stores/sql/store-errors.js'

const failWith = (code: string) =>
  mapStoreErrors({
    listSites: () => Promise.reject(Object.assign(new Error('no'), { code })),
  } as Partial<ControlStore> as ControlStore)

it.each(['SQLITE_FULL', 'SQLITE_IOERR_WRITE', 'SQLITE_BUSY'])(
  'reports the SQLite error %s as a temporarily unavailable store',
  async (code) => {
    await expect(failWith(code).listSites()).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      retryAfterS: 5,
      cause: { code },
    })
  },
)

it.each(['SQLITE_CONSTRAINT', 'SQLITE_ERROR'])('rethrows the SQLite error %s unchanged', async (code) => {
  await expect(failWith(code).listSites()).rejects.toMatchObject({ name: 'Error', code })
})

it('returns the results of the store unchanged', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'zenovay-guard-'))
  const control = mapStoreErrors((await openControlStores(join(folder, 'control.db'))).control)
  const site = await control.addSite({ domain: 'example.com', name: 'Example', allowedDomains: [] })
  expect(await control.findSite(site.id)).toEqual(site)
  await control.close()
  rmSync(folder, { recursive: true })
})
