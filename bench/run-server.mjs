// @ts-check
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/**
 * Starts an executable (with the flags of its first line) that prints `collector: URL` and then `ready`, and
 * waits for both. Resolves to its process, its URL and a function that stops it with a signal and waits.
 *
 * @param {string[]} command
 */
export async function runServer([file, ...args], env = {}) {
  const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let url
  let errors = ''
  child.stderr.on('data', (data) => (errors = (errors + data).slice(-2000)))
  const ready = (async () => {
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.startsWith('collector: ')) url = line.slice('collector: '.length)
      if (line === 'ready') return
    }
    throw new Error(`the server ended before it was ready: ${errors}`)
  })()
  await ready
  child.stdout.resume()
  return {
    child,
    url,
    /** @param {NodeJS.Signals} signal */
    async stop(signal = 'SIGTERM') {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill(signal)
      await ended
    },
  }
}
