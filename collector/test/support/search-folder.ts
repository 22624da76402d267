import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Which of the secrets stand in a file of a folder, byte by byte: `file: secret`. */
export async function searchFolder(folder: string, secrets: Iterable<string | Buffer>): Promise<string[]> {
  const hits: string[] = []
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const bytes = await readFile(join(entry.parentPath, entry.name))
    for (const secret of secrets) if (bytes.includes(secret)) hits.push(`${join(entry.parentPath, entry.name)}: ${secret.toString()}`)
  }
  return hits
}
