import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readConfig } from '../../../src/config.js'
import { openSecretBox } from '../../../src/control/secrets/master-key.js'
import { StartError } from '../../../src/errors.js'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zenovay-key-'))
  file = join(folder, 'master.key')
})
afterEach(() => rmSync(folder, { recursive: true }))

const open = ({ given, sealed }: { given?: Buffer; sealed?: string } = {}) =>
  openSecretBox({ given, sealed: sealed === undefined ? [] : [{ of: 'webhooks', text: sealed }], file })

it('creates a master key file that only its owner can read at first start', async () => {
  const sealed = (await open()).seal('secret')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(Buffer.from(readFileSync(file, 'utf8').trim(), 'base64')).toHaveLength(32)
  expect((await open({ sealed })).open(sealed)).toBe('secret')
  expect(readdirSync(folder)).toEqual(['master.key'])
})

it('creates one master key if several collectors start at the same time', async () => {
  const boxes = await Promise.all(Array.from({ length: 20 }, () => open()))
  const sealed = boxes[0]!.seal('secret')
  for (const box of boxes) expect(box.open(sealed)).toBe('secret')
  expect(readdirSync(folder)).toEqual(['master.key'])
})

it('uses a configured master key in base64 or hexadecimal without creating a file', async () => {
  const key = Buffer.alloc(32, 9)
  const keys = [key.toString('base64'), key.toString('hex')].map(
    (MASTER_KEY) => readConfig({ MASTER_KEY }).masterKey!,
  )
  const boxes = await Promise.all(keys.map((given) => open({ given })))
  expect(boxes[1]!.open(boxes[0]!.seal('secret'))).toBe('secret')
  expect(readdirSync(folder)).toEqual([])
  expect(() => readConfig({ MASTER_KEY: 'short' })).toThrow('MASTER_KEY must be 32 bytes')
})

it('does not start and creates no key if the master key of stored secrets is missing', async () => {
  const sealed = (await open()).seal('secret')
  rmSync(file)
  const lost = open({ sealed })
  await expect(lost).rejects.toThrow(StartError)
  await expect(lost).rejects.toThrow(`there is no ${file}. Restore it, or set MASTER_KEY`)
  expect(readdirSync(folder)).toEqual([])
})

it('does not start if the master key is different or its file is invalid', async () => {
  const sealed = (await open()).seal('secret')
  await expect(open({ sealed, given: Buffer.alloc(32) })).rejects.toThrow(
    'sealed with a different master key than the one in MASTER_KEY',
  )
  writeFileSync(file, Buffer.alloc(32).toString('base64'))
  await expect(open({ sealed })).rejects.toThrow(`sealed with a different master key than the one in ${file}`)
  writeFileSync(file, 'nothing')
  await expect(open()).rejects.toThrow(`${file} has no master key`)
})

it.skipIf(process.getuid?.() === 0)('reports a master key that cannot be read or created', async () => {
  chmodSync(folder, 0o500)
  await expect(open()).rejects.toThrow('The master key cannot be created')
  chmodSync(folder, 0o700)
  await open()
  chmodSync(file, 0)
  await expect(open()).rejects.toThrow('cannot be read')
})
