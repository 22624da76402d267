import { randomBytes } from 'node:crypto'
import { link, open, readFile, rm } from 'node:fs/promises'
import { StartError, describeError } from '../errors.js'
import { createSecretBox, type SecretBox } from './create-secret-box.js'

export const MASTER_KEY_BYTES = 32
const LOST = 'if it is lost for good, remove the webhooks with zenovay-collector webhook remove all --yes and make them anew'

interface MasterKeyOptions {
  /** From the configuration; without it the file holds the key. */
  given: Buffer | undefined
  /** Made when it is missing and nothing is sealed yet. */
  file: string
  /** Something that was sealed before, if anything was: a key that does not open it is the wrong one. */
  sealed: string | undefined
}

/** The box of the collector's secrets. Rejects with a {@link StartError} when its key is missing, or is not the one that they were sealed with. */
export async function openSecretBox({ given, file, sealed }: MasterKeyOptions): Promise<SecretBox> {
  const key = given ?? (await readKeyFile(file)) ?? (sealed === undefined ? await makeKeyFile(file) : undefined)
  if (!key) throw new StartError(`The secrets of the webhooks are sealed with a master key that is gone: there is no ${file}. Put it back, or set MASTER_KEY; ${LOST}.`)
  const box = createSecretBox(key)
  if (sealed !== undefined && !canOpen(box, sealed))
    throw new StartError(`The secrets of the webhooks are sealed with another master key than that of ${given ? 'MASTER_KEY' : file}. Put the right one there; ${LOST}.`)
  return box
}

function canOpen(box: SecretBox, sealed: string): boolean {
  try {
    box.open(sealed)
    return true
  } catch {
    return false
  }
}

async function readKeyFile(file: string): Promise<Buffer | undefined> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new StartError(`The master key in ${file} cannot be read: ${describeError(error)}. Let this user read it, or set MASTER_KEY.`)
  }
  const key = Buffer.from(text.trim(), 'base64')
  if (key.length !== MASTER_KEY_BYTES) throw new StartError(`There is no master key in ${file}: it must be ${MASTER_KEY_BYTES} bytes in base64. Restore it, or set MASTER_KEY.`)
  return key
}

/** A link appears whole or not at all, and only once: of two collectors that make a key, both use the first one's. */
async function makeKeyFile(file: string): Promise<Buffer | undefined> {
  const draft = `${file}.${randomBytes(8).toString('hex')}`
  try {
    const handle = await open(draft, 'wx', 0o600)
    try {
      await handle.writeFile(`${randomBytes(MASTER_KEY_BYTES).toString('base64')}\n`)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await link(draft, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
  } catch (error) {
    throw new StartError(`The master key cannot be made at ${file}: ${describeError(error)}. Make its folder one that this user may write, or set MASTER_KEY.`)
  } finally {
    await rm(draft, { force: true })
  }
  return readKeyFile(file)
}
