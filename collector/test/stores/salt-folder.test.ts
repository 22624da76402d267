import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createSaltFolder } from '../../src/stores/salt-folder.js'

let folder: string

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'zenovay-salts-')), 'salts')
})
afterEach(() => rm(join(folder, '..'), { recursive: true }))

it('returns the same salt to all collectors that share the folder', async () => {
  const stores = Array.from({ length: 20 }, () => createSaltFolder(folder))
  const salts = await Promise.all(stores.map((store) => store.saltOf('2026-06-01')))
  expect(new Set(salts.map((salt) => salt.toString('hex'))).size).toBe(1)
  expect(salts[0]).toHaveLength(32)
  expect(await createSaltFolder(folder).findSalt('2026-06-01')).toEqual(salts[0])
  expect(await readdir(folder)).toEqual(['2026-06-01'])
})

it('creates a different salt for each day, but none on lookup', async () => {
  const store = createSaltFolder(folder)
  expect(await store.findSalt('2026-06-01')).toBeUndefined()
  expect(await store.saltOf('2026-06-01')).not.toEqual(await store.saltOf('2026-06-02'))
})

it('creates salt files that only their owner can read', async () => {
  await createSaltFolder(folder).saltOf('2026-06-01')
  expect(((await stat(folder)).mode & 0o777).toString(8)).toBe('700')
  expect(((await stat(join(folder, '2026-06-01'))).mode & 0o777).toString(8)).toBe('600')
})

it('deletes the salts of earlier days, and the files left by a crashed collector', async () => {
  const store = createSaltFolder(folder)
  await store.deleteBefore('2026-06-02')
  for (const day of ['2026-05-31', '2026-06-01', '2026-06-02']) await store.saltOf(day)
  await writeFile(join(folder, '2026-06-01.0123456789abcdef'), 'half a salt')
  await writeFile(join(folder, 'README'), 'not ours')
  await Promise.all([store.deleteBefore('2026-06-02'), createSaltFolder(folder).deleteBefore('2026-06-02')])
  expect((await readdir(folder)).toSorted()).toEqual(['2026-06-02', 'README'])
  expect(await readFile(join(folder, 'README'), 'utf8')).toBe('not ours')
})
