/** Work in steps. Each call of `next` runs one step. */
type Steps = Pick<AsyncGenerator<void, void>, 'next'>

/**
 * Runs several pieces of work in turns: a step of the first, a step of the second and so on, then the next
 * step of the first. At most `atOnce` steps run side by side, each of another piece.
 *
 * Rejects with the first error, after all work has ended. A piece that rejects takes no more turns, but the
 * others go on, because one of them may fail alone. When `maxFailures` have rejected, no more steps start.
 *
 * @example
 * await takeTurns(accounts.map(evaluateAccount), { atOnce: 2, maxFailures: 2 })
 */
export async function takeTurns(
  work: Iterable<Steps>,
  { atOnce, maxFailures }: { atOnce: number; maxFailures: number },
): Promise<void> {
  const waiting = [...work]
  const failures: unknown[] = []
  const run = async () => {
    for (let steps = waiting.shift(); steps; steps = waiting.shift()) {
      try {
        if (!(await steps.next()).done) waiting.push(steps)
      } catch (error) {
        failures.push(error)
      }
      if (failures.length >= maxFailures) return
    }
  }
  await Promise.all(Array.from({ length: atOnce }, run))
  if (failures.length > 0) throw failures[0]
}
