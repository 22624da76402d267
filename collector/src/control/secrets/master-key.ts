import { randomBytes } from 'node:crypto'
import { link, open, readFile, rm } from 'node:fs/promises'
import { describeError, StartError } from '../../errors.js'
import { createSecretBox, type SecretBox } from './secret-box.js'

export const MASTER_KEY_BYTES = 32
/** Instructions that error messages include for the case that the master key is lost. */
const RECOVERY = {
  webhooks: 'remove the webhooks with zenovay-collector webhook remove all --yes and create new ones',
  alerts:
    'remove the destinations of the alerts with zenovay-collector alert forget-destinations --yes and set them again',
}

/** An encrypted text from the store, which is decrypted to check the master key. */
export interface Sealed {
  of: keyof typeof RECOVERY
  text: string
}

interface MasterKeyOptions {
  /** Master key from the configuration, or undefined to read the key from `file`. */
  given: Buffer | undefined
  /**
   * Path of the key file. The file is created if it does not exist and the store contains no encrypted
   * secret.
   */
  file: string
  /** One encrypted text of each kind of secret, to check the master key. */
  sealed: readonly Sealed[]
}

/**
 * Creates the secret box, which encrypts secrets with the master key. Rejects with a {@link StartError} if
 * the master key is missing or cannot decrypt the stored secrets.
 */
export async function openSecretBox({ given, file, sealed }: MasterKeyOptions): Promise<SecretBox> {
  const key =
    given ?? (await loadKeyFile(file)) ?? (sealed.length === 0 ? await createKeyFile(file) : undefined)
  if (!key)
    throw new StartError(
      `${describe(sealed)} sealed with a master key that is missing: there is no ${file}. Restore it, or set MASTER_KEY; ${describeRecovery(sealed)}.`,
    )
  const box = createSecretBox(key)
  const closed = sealed.filter(({ text }) => !canOpen(box, text))
  if (closed.length > 0)
    throw new StartError(
      `${describe(closed)} sealed with a different master key than the one in ${given ? 'MASTER_KEY' : file}. Restore the original key; ${describeRecovery(closed)}.`,
    )
  return box
}

function describe(sealed: readonly Sealed[]): string {
  return `The secrets of ${sealed.map((one) => one.of).join(' and ')} are`
}

function describeRecovery(sealed: readonly Sealed[]): string {
  return `if it is lost for good, ${sealed.map((one) => RECOVERY[one.of]).join(', and ')}`
}

function canOpen(box: SecretBox, sealed: string): boolean {
  try {
    box.open(sealed)
    return true
  } catch {
    return false
  }
}

async function loadKeyFile(file: string): Promise<Buffer | undefined> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new StartError(
      `The master key in ${file} cannot be read: ${describeError(error)}. Make it readable for this user, or set MASTER_KEY.`,
    )
  }
  const key = Buffer.from(text.trim(), 'base64')
  if (key.length !== MASTER_KEY_BYTES)
    throw new StartError(
      `${file} has no master key: it must be ${MASTER_KEY_BYTES} bytes in base64. Restore it, or set MASTER_KEY.`,
    )
  return key
}

/**
 * Creates the key file as a hard link, because a hard link never replaces an existing file. If two collectors
 * start at the same time, both use the key that was written first.
 */
async function createKeyFile(file: string): Promise<Buffer | undefined> {
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
      `The master key cannot be created at ${file}: ${describeError(error)}. Make its folder writable for this user, or set MASTER_KEY.`,
    )
  } finally {
    await rm(draft, { force: true })
  }
  return loadKeyFile(file)
}
