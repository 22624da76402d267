import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'

export interface VirtualDisplay {
  name: string
  stop(): void
}

/** Starts an X server without a screen: WebKitGTK hangs without a display. */
export async function startXvfb(xvfb: string): Promise<VirtualDisplay> {
  // -displayfd picks a free display number and writes it to that file descriptor.
  const server = spawn(xvfb, ['-displayfd', '3', '-screen', '0', '1280x800x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  const number = await new Promise<string>((resolve, reject) => {
    server.once('error', reject)
    server.once('exit', (code) => reject(new Error(`Xvfb ended with exit code ${code}`)))
    const answers = server.stdio[3] as Readable
    answers.once('data', (data: Buffer) => resolve(data.toString().trim()))
  })
  return { name: `:${number}`, stop: () => server.kill() }
}
