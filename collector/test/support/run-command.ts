import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const COMMAND = fileURLToPath(new URL('../../bin/zenovay-collector.mjs', import.meta.url))

export interface CommandResult {
  exitCode: number | null
  stdout: string
  stderr: string
}

/** Runs `zenovay-collector` to its end, as a user would. */
export async function runCommand(args: string[], env: Record<string, string>): Promise<CommandResult> {
  const child = spawn(COMMAND, args, { env: { ...process.env, ...env } })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()))
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()))
  const [exitCode] = (await once(child, 'close')) as [number | null]
  return { exitCode, stdout, stderr }
}

/**
 * Starts `zenovay-collector start` and waits until it is ready. Its log goes to `takeLog`, or to the log of
 * this process.
 */
export async function startCommand(
  env: Record<string, string>,
  takeLog?: (text: string) => void,
): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(COMMAND, ['start'], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', takeLog ? 'pipe' : 'inherit'],
  })
  if (takeLog) child.stderr!.on('data', (data: Buffer) => takeLog(data.toString()))
  let stdout = ''
  for await (const data of child.stdout! as AsyncIterable<Buffer>) {
    stdout += data.toString()
    if (stdout.includes('ready\n')) break
  }
  const [, url] = /collector: (\S+)/.exec(stdout) ?? []
  if (!url) throw new Error(`the collector did not start: ${stdout}`)
  return { child, url }
}
