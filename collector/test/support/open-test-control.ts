import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApiKey, type NewApiKey } from '../../src/control/keys/api-key.js'
import type { ControlStore } from '../../src/control/control-store.js'
import { openControlStores, type ControlStores } from '../../src/stores/sql/database.js'

/** Control data in a separate file. */
export interface TestControl extends ControlStores {
  file: string
  /** Adds a key of all sites of an account, unless `fields` override that. */
  addKey(fields?: Partial<NewApiKey>): Promise<{ secret: string; id: string }>
  /** Another store on the same file, like that of another process; closed with the first. */
  openAnother(): Promise<ControlStore>
  /** Closes the store and opens the file again, as after a restart. */
  reopen(): Promise<void>
  close(): Promise<void>
}

export async function openTestControl(): Promise<TestControl> {
  const folder = await mkdtemp(join(tmpdir(), 'zenovay-control-'))
  const file = join(folder, 'control.db')
  const others: ControlStore[] = []
  const opened: TestControl = {
    file,
    ...(await openControlStores(file)),
    async addKey(fields) {
      const { secret, record } = createApiKey({ name: 'test', siteId: null, ...fields }, Date.now())
      await opened.control.addApiKey(record)
      return { secret, id: record.id }
    },
    async openAnother() {
      const another = (await openControlStores(file)).control
      others.push(another)
      return another
    },
    async reopen() {
      await opened.control.close()
      Object.assign(opened, await openControlStores(file))
    },
    async close() {
      for (const store of [opened.control, ...others]) await store.close()
      await rm(folder, { recursive: true })
    },
  }
  return opened
}
