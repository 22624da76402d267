import { randomBytes } from 'node:crypto'
import { link, mkdir, open, readFile, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { SaltStore } from '../ingest/identify/salts.js'

const SALT_BYTES = 32
// Matches salt files, and temporary files that were left behind by a killed process.
const SALT_FILE = /^(\d{4}-\d\d-\d\d)(\.[0-9a-f]+)?$/

/**
 * Creates a salt store that keeps one file per day in a folder.
 *
 * Salts are stored as files because a file can be overwritten. A database would keep a deleted salt in free
 * pages, journals and backups.
 */
export function createSaltFolder(folder: string): SaltStore {
  const fileOf = (day: string) => join(folder, day)

  async function findSalt(day: string): Promise<Buffer | undefined> {
    try {
      return await readFile(fileOf(day))
    } catch (error) {
      if (isCode(error, 'ENOENT')) return undefined
      throw error
    }
  }

  /**
   * Creates the salt of a day. If two collectors create the salt concurrently, only the first link succeeds,
   * and both collectors use the same salt.
   */
  async function createSalt(day: string): Promise<void> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const draft = `${fileOf(day)}.${randomBytes(8).toString('hex')}`
    try {
      await write(draft, 'wx', randomBytes(SALT_BYTES))
      await link(draft, fileOf(day))
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw error
    } finally {
      await rm(draft, { force: true })
    }
  }

  return {
    findSalt,
    async saltOf(day) {
      const known = await findSalt(day)
      if (known) return known
      await createSalt(day)
      return readFile(fileOf(day))
    },
    async deleteBefore(day) {
      for (const name of await listFiles(folder)) {
        const [, saltDay] = SALT_FILE.exec(name) ?? []
        if (saltDay !== undefined && saltDay < day) await shred(join(folder, name))
      }
    },
  }
}

/** Overwrites a file and then removes it, because its bytes would otherwise stay on the disk. */
async function shred(file: string): Promise<void> {
  try {
    await write(file, 'r+', Buffer.alloc(SALT_BYTES))
  } catch (error) {
    // Another collector has already removed the file.
    if (isCode(error, 'ENOENT')) return
    throw error
  }
  await rm(file, { force: true })
}

async function write(file: string, flags: 'wx' | 'r+', bytes: Buffer): Promise<void> {
  const handle = await open(file, flags, 0o600)
  try {
    await handle.write(bytes, 0, bytes.length, 0)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function listFiles(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (isCode(error, 'ENOENT')) return []
    throw error
  }
}

function isCode(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException).code === code
}
