import { describe, expect, it } from 'vitest'
import { createFairQueue } from '../src/fair-queue.js'
import { createRandom, type Random } from './golden/create-random.js'

interface Task {
  account: string
  /** Step of the virtual clock at which the task is added. */
  addedAt: number
  /** Number of steps for which the task runs. */
  steps: number
}

const LIMITS = { concurrent: 8, perAccount: 2 }
const GREEDY = 'greedy'
const MODEST = Array.from({ length: 10 }, (_, index) => `modest-${index}`)

/** Runs tasks on a virtual clock. Returns for each modest task the number of steps from its addition to its end. */
async function runTasks(tasks: Task[]): Promise<number[]> {
  const queue = createFairQueue(LIMITS)
  const running = new Set<{ until: number; end: () => void }>()
  const times: number[] = []
  let ended = 0
  for (let step = 0; ended < tasks.length; step++) {
    for (const task of running) if (task.until <= step && running.delete(task)) task.end()
    for (const { account, addedAt, steps } of tasks.filter((task) => task.addedAt === step)) {
      const run = () => new Promise<void>((end) => running.add({ until: now + steps, end }))
      void queue.run(account, run).then(() => {
        ended++
        if (account !== GREEDY) times.push(now - addedAt)
      })
    }
    const now = step
    // Settles the promises of this step, and starts the tasks that follow.
    await new Promise(setImmediate)
  }
  return times
}

const planModest = (random: Random): Task[] =>
  MODEST.flatMap((account) =>
    Array.from({ length: 20 }, () => ({
      account,
      addedAt: random.whole(0, 400),
      steps: random.whole(1, 5),
    })),
  )

const planGreedy = (random: Random): Task[] =>
  Array.from({ length: 2_000 }, () => ({
    account: GREEDY,
    addedAt: random.whole(0, 50),
    steps: random.whole(1, 20),
  }))

const p95 = (numbers: number[]) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length * 0.95)]!

describe('createFairQueue', () => {
  it.each([1, 2, 3, 4, 5])(
    'keeps the 95th percentile of ten accounts within twice the one without a greedy account (seed %i)',
    async (seed) => {
      const random = createRandom(seed)
      const modest = planModest(random)
      const alone = p95(await runTasks(modest))
      const beside = p95(await runTasks([...modest, ...planGreedy(random)]))
      expect(beside).toBeLessThanOrEqual(2 * alone)
    },
  )

  it('starts the tasks of one account in order, and never more than its places', async () => {
    const queue = createFairQueue({ concurrent: 3, perAccount: 2 })
    const started: number[] = []
    let [running, most] = [0, 0]
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        queue.run('one', async () => {
          started.push(index)
          most = Math.max(most, ++running)
          await new Promise(setImmediate)
          running--
        }),
      ),
    )
    expect(started).toEqual(Array.from({ length: 20 }, (_, index) => index))
    expect(most).toBe(2)
  })

  it('passes results and errors on, and frees the place after an error', async () => {
    const queue = createFairQueue({ concurrent: 1, perAccount: 1 })
    await expect(queue.run('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    await expect(queue.run('a', () => Promise.resolve(7))).resolves.toBe(7)
  })
})
