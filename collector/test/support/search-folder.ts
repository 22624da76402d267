import { access, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Finds the secrets in the files of a folder, byte by byte: `file: secret`. Files deleted meanwhile count as
 * empty.
 */
export async function searchFolder(folder: string, secrets: readonly (string | Buffer)[]): Promise<string[]> {
  await access(folder)
  const hits: string[] = []
  for (const file of await listFiles(folder)) {
    const bytes = await unlessGone(readFile(file), Buffer.alloc(0))
    for (const secret of secrets) if (bytes.includes(secret)) hits.push(`${file}: ${secret.toString()}`)
  }
  return hits
}

async function listFiles(folder: string): Promise<string[]> {
  const entries = await unlessGone(readdir(folder, { withFileTypes: true }), [])
  const files = entries.filter((entry) => entry.isFile()).map(({ name }) => join(folder, name))
  for (const { name } of entries.filter((entry) => entry.isDirectory()))
    files.push(...(await listFiles(join(folder, name))))
  return files
}

async function unlessGone<Content>(reading: Promise<Content>, nothing: Content): Promise<Content> {
  return reading.catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return nothing
    throw error
  })
}
