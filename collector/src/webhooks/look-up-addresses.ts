import { Resolver } from 'node:dns/promises'

/** All addresses of a name; rejects, or gives none, when it has none. */
export type LookUp = (hostname: string, signal: AbortSignal) => Promise<string[]>

const QUERY_TIMEOUT_MS = 2_000
const TRIES = 2

/**
 * Asks the name servers of the system.
 *
 * Not `dns.lookup`: that holds one of four threads until it is answered, and a few names whose servers are slow would keep every
 * other name waiting. The file of hosts is not read: it names machines that nothing is sent to.
 */
export const lookUpAddresses: LookUp = async (hostname, signal) => {
  const resolver = new Resolver({ timeout: QUERY_TIMEOUT_MS, tries: TRIES })
  const cancel = () => resolver.cancel()
  signal.addEventListener('abort', cancel, { once: true })
  try {
    const answers = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)])
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}
