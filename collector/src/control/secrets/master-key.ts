import { randomBytes } from 'node:crypto'
import { link, open, readFile, rm } from 'node:fs/promises'
import { describeError, StartError } from '../../errors.js'
import { createSecretBox, type SecretBox } from './secret-box.js'

export const MASTER_KEY_BYTES = 32
/** What is left to do with what nobody can open any more. */
const MENDING = {
  webhooks: 'remove the webhooks with zenovay-collector webhook remove all --yes and make them anew',
  alerts:
    'take the destinations out of the alerts with zenovay-collector alert forget-destinations --yes and set them anew',
}

/** Something that was sealed before: a key that does not open it is the wrong one. */
export interface Sealed {
  of: keyof typeof MENDING
  text: string
}

interface MasterKeyOptions {
  /** From the configuration; without it the file holds the key. */
  given: Buffer | undefined
  /** Made when it is missing and nothing is sealed yet. */
  file: string
  /** One of each kind that there is. */
  sealed: readonly Sealed[]
}

/** The box of the collector's secrets. Rejects with a {@link StartError} when its key is missing, or is not the one that they were sealed with. */
export async function openSecretBox({ given, file, sealed }: MasterKeyOptions): Promise<SecretBox> {
  const key =
    given ?? (await readKeyFile(file)) ?? (sealed.length === 0 ? await makeKeyFile(file) : undefined)
  if (!key)
    throw new StartError(
      `${describe(sealed)} sealed with a master key that is gone: there is no ${file}. Put it back, or set MASTER_KEY; ${mend(sealed)}.`,
    )
  const box = createSecretBox(key)
  const closed = sealed.filter(({ text }) => !canOpen(box, text))
  if (closed.length > 0)
    throw new StartError(
      `${describe(closed)} sealed with another master key than that of ${given ? 'MASTER_KEY' : file}. Put the right one there; ${mend(closed)}.`,
    )
  return box
}

function describe(sealed: readonly Sealed[]): string {
  return `The secrets of ${sealed.map((one) => one.of).join(' and ')} are`
}

function mend(sealed: readonly Sealed[]): string {
  return `if it is lost for good, ${sealed.map((one) => MENDING[one.of]).join(', and ')}`
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
    throw new StartError(
      `The master key in ${file} cannot be read: ${describeError(error)}. Let this user read it, or set MASTER_KEY.`,
    )
  }
  const key = Buffer.from(text.trim(), 'base64')
  if (key.length !== MASTER_KEY_BYTES)
    throw new StartError(
      `There is no master key in ${file}: it must be ${MASTER_KEY_BYTES} bytes in base64. Restore it, or set MASTER_KEY.`,
    )
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
    throw new StartError(
      `The master key cannot be made at ${file}: ${describeError(error)}. Make its folder one that this user may write, or set MASTER_KEY.`,
    )
  } finally {
    await rm(draft, { force: true })
  }
  return readKeyFile(file)
}
