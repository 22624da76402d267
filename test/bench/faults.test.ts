import { execFile, execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, vi } from 'vitest'

// Each test starts several processes, which takes a while beside a busy browser test.
vi.setConfig({ testTimeout: 180_000 })

const BENCH = fileURLToPath(new URL('../../bench/', import.meta.url))

interface Proof {
  exitCode: number | null
  stdout: string
  stderr: string
}

/** Runs a benchmark of bench/ in short form. */
function prove(file: string, ...options: string[]): Promise<Proof> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [BENCH + file, ...options], (_error, stdout, stderr) =>
      resolve({ exitCode: child.exitCode, stdout, stderr }),
    )
  })
}

const shows = (pattern: RegExp) => ({ exitCode: 0, stdout: expect.stringMatching(pattern) as string })

/** The reason why a benchmark cannot run here, printed with the skip; empty when it can. */
function whyNot(command: string, args: string[], needs: string): string {
  try {
    execFileSync(command, args, { stdio: 'ignore' })
    return ''
  } catch {
    return needs
  }
}
const noTrace = whyNot('strace', ['-o', '/dev/null', 'true'], 'strace is not installed, or may not trace')
const noMount =
  process.platform !== 'linux' || process.getuid?.() !== 0
    ? 'only root may mount a small disk, on Linux'
    : whyNot('unshare', ['--mount', 'true'], 'mounting is not allowed here')

describe('a crash', () => {
  it('loses and duplicates no events when the collector and the engine are killed', async () => {
    expect(await prove('crash.mjs', '--kills', '3', '--events', '800')).toMatchObject(
      shows(/acknowledged \d{3,}, .* lost 0, doubled 0/),
    )
  })

  it('detects a collector that acknowledges events before storing them', async () => {
    expect(await prove('crash.mjs', '--kills', '1', '--events', '400', '--control')).toMatchObject(
      shows(/lost [1-9]/),
    )
  })
})

it('stores each event exactly once if eight clients send events up to five times in any order', async () => {
  expect(await prove('once.mjs', '--collectors', '1', '--events', '500')).toMatchObject(
    shows(/acknowledged 500, .* rows in the end 500, different events 500;/m),
  )
})

describe('the system call trace', () => {
  it('calls fsync for each commit before the success response', async ({ skip }) => {
    if (noTrace) skip(noTrace)
    expect(await prove('fsync-order.mjs', '--events', '200', '--clients', '20')).toMatchObject(
      shows(/answers in the trace 2\d\d, .* not preceded by the fsync of their commit 0$/m),
    )
  })

  it('detects a store that does not call fsync', async ({ skip }) => {
    if (noTrace) skip(noTrace)
    expect(
      await prove('fsync-order.mjs', '--events', '100', '--clients', '20', '--control', 'no-fsync'),
    ).toMatchObject(shows(/shown, as it must be/))
  })
})

describe('the collector during a failure', () => {
  it('responds with 503 while the disk is full and recovers when space is freed', async ({ skip }) => {
    if (noMount) skip(noMount)
    expect(await prove('disk-full.mjs', '--full-seconds', '1')).toMatchObject(shows(/lost 0, doubled 0/))
  })

  it.each(['stop', 'lose'])('loses and duplicates no events while the engine is down (%s)', async (how) => {
    expect(
      await prove('engine-away.mjs', '--how', how, '--seconds', '2', '--clients', '20', '--rest-ms', '20'),
    ).toMatchObject(shows(/lost 0, doubled 0/))
  })

  it('duplicates no events when the network drops responses', async () => {
    expect(await prove('lost-answers.mjs', '--events', '500')).toMatchObject(
      shows(/stored 500 of 500, lost 0, doubled 0/),
    )
  })
})
