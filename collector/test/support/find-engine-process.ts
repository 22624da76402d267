import { execFileSync } from 'node:child_process'

/** The process of the embedded engine that this process started, and its port, if there is one. */
export function findEngineProcess(): { pid: number; port: number } | undefined {
  const run = (command: string, ...args: string[]) => {
    try {
      return execFileSync(command, args, { encoding: 'utf8' }).trim()
    } catch {
      return ''
    }
  }
  const pid = Number(run('pgrep', '-P', String(process.pid), '-f', 'engine-child').split('\n').at(-1))
  const port =
    pid && /engine-child\.js \S+ (\d+) /.exec(run('ps', '-ww', '-o', 'args=', '-p', String(pid)))?.[1]
  return port ? { pid, port: Number(port) } : undefined
}
