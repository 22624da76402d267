import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { NotStoredError } from '../../../src/errors.js'
import { createGroupCommit } from '../../../src/ingest/commit/group-commit.js'
import { expectEvery } from '../../support/expect-every.js'

const log = pino({ level: 'silent' })

describe('createGroupCommit', () => {
  it('writes one batch at a time, and adds new items to the next batch', async () => {
    const batches: number[][] = []
    let writing = 0
    let finish: () => void = () => {}
    const group = createGroupCommit<number>({
      log,
      async write(items) {
        expect(++writing).toBe(1)
        batches.push(items)
        await new Promise<void>((resolve) => (finish = resolve))
        writing--
      },
    })
    const first = group.add(1)
    await expect.poll(() => batches.length).toBe(1)
    const rest = [group.add(2), group.add(3)]
    finish()
    await first
    await expect.poll(() => batches.length).toBe(2)
    finish()
    await Promise.all(rest)
    expect(batches).toEqual([[1], [2, 3]])
    expect(group.depth()).toBe(0)
  })

  it('resolves an item only after its batch is written', async () => {
    let finish!: () => void
    const group = createGroupCommit<number>({
      log,
      write: () => new Promise((resolve) => (finish = resolve)),
    })
    let resolved = false
    const added = group.add(1).then(() => (resolved = true))
    // Proves that nothing resolves meanwhile.
    await sleep(30)
    expect(resolved).toBe(false)
    finish()
    await added
  })

  it('retries a failed batch with the same items and the same batch ID', async () => {
    const attempts: [string, number[]][] = []
    const group = createGroupCommit<number>({
      log,
      write(items, batchId) {
        attempts.push([batchId, items])
        return attempts.length < 3 ? Promise.reject(new Error('away')) : Promise.resolve()
      },
    })
    await Promise.all([group.add(1), group.add(2)])
    expect(attempts).toHaveLength(3)
    expect(new Set(attempts.map(([batchId]) => batchId)).size).toBe(1)
    expectEvery(attempts, ([, items]) => items.length === 2)
  })

  it('reports the items of a rejected batch, and continues with the next batch', async () => {
    const refused: number[] = []
    const group = createGroupCommit<number>({
      log,
      answerWithinMs: 300,
      onRejected: (items) => refused.push(...items),
      write: ([item]) => (item === 1 ? Promise.reject(new NotStoredError('no')) : Promise.resolve()),
    })
    await expect(group.add(1)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryAfterS: 5 })
    await group.add(2)
    expect(refused).toEqual([1])
  })

  it('answers in time if the store hangs, and writes the batch later under the same ID', async () => {
    const attempts: string[] = []
    const late: number[] = []
    let isBack = false
    const group = createGroupCommit<number>({
      log,
      answerWithinMs: 100,
      attemptMs: 50,
      onWrittenLate: (items) => late.push(...items),
      write(_items, batchId, signal) {
        attempts.push(batchId)
        return isBack
          ? Promise.resolve()
          : new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('no answer'))))
      },
    })
    const asked = performance.now()
    await expect(group.add(1)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(performance.now() - asked).toBeLessThan(1_000)
    expect(group.isFailing()).toBe(true)
    isBack = true
    await group.drain()
    expect(late).toEqual([1])
    expect(new Set(attempts).size).toBe(1)
    expect(attempts.length).toBeGreaterThan(1)
    expect([group.isFailing(), group.depth()]).toEqual([false, 0])
  })

  it('gives up a batch with an unknown result after its maximum age', async () => {
    const refused: number[] = []
    const group = createGroupCommit<number>({
      log,
      answerWithinMs: 50,
      keepMs: 400,
      onRejected: (items) => refused.push(...items),
      write: () => Promise.reject(new Error('away')),
    })
    await expect(group.add(1)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(refused).toEqual([])
    await group.drain()
    expect(refused).toEqual([1])
  })

  it('rejects all queued and new items after it gives up a batch', async () => {
    let writes = 0
    const group = createGroupCommit<number>({
      log,
      maxBatch: 1,
      write: (_items, _batchId, signal) => {
        writes++
        return new Promise((_, reject) =>
          signal.addEventListener('abort', () => reject(new Error('aborted'))),
        )
      },
    })
    const added = Promise.allSettled([group.add(1), group.add(2)])
    await expect.poll(() => writes).toBe(1)
    group.giveUp()
    expect((await added).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    await expect(group.add(3)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await group.drain()
  })

  it('rejects an item immediately if the commit queue is full', async () => {
    let finish: (() => void) | undefined
    const group = createGroupCommit<number>({
      log,
      maxQueue: 2,
      write: () => new Promise((resolve) => (finish = resolve)),
    })
    const added = [group.add(1), group.add(2)]
    await expect(group.add(3)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await expect.poll(() => finish).toBeDefined()
    finish!()
    await Promise.all(added)
  })

  it('splits a commit queue that exceeds the maximum batch size', async () => {
    const sizes: number[] = []
    const group = createGroupCommit<number>({
      log,
      maxBatch: 10,
      write: (items) => Promise.resolve(void sizes.push(items.length)),
    })
    await Promise.all(Array.from({ length: 25 }, (_, item) => group.add(item)))
    expect(sizes).toEqual([10, 10, 5])
    await group.drain()
  })
})

describe('batches of several accounts', () => {
  /** Adds many items of one account and then one of another. Returns the sizes of the batches up to that one. */
  async function writeBeside(modest: string[], costOf?: (account: string) => number): Promise<number[]> {
    const sizes: number[] = []
    let finish: () => void = () => {}
    const group = createGroupCommit<string>({
      log,
      accountOf: (account) => account,
      ...(costOf && { costOf }),
      maxCostPerAccount: 10,
      async write(items) {
        sizes.push(items.length)
        await new Promise<void>((resolve) => (finish = resolve))
      },
    })
    const first = group.add('greedy')
    await expect.poll(() => sizes.length).toBe(1)
    const before = modest.map((account) => group.add(account))
    const greedy = Array.from({ length: 95 }, () => group.add('greedy'))
    const last = modest.map((account) => group.add(account))
    const all = Promise.all([first, ...before, ...greedy, ...last])
    let isWritten = false
    void Promise.all(last).then(() => (isWritten = true))
    while (!isWritten) {
      finish()
      await sleep(5)
    }
    const written = sizes.slice()
    const timer = setInterval(() => finish(), 1)
    await all
    clearInterval(timer)
    return written
  }

  it('contain few items of each, and the next batch has room for every account', async () => {
    // The next batch is being written when the last items of the modest account are on disk.
    expect((await writeBeside(['modest'])).slice(0, 2)).toEqual([1, 12])
  })

  it('contain fewer items of an account whose items cost more', async () => {
    const sizes = await writeBeside(['modest'], (account) => (account === 'greedy' ? 5 : 1))
    expect(sizes.slice(0, 2)).toEqual([1, 4])
  })

  it('contain all items of an account that is alone', async () => {
    const sizes: number[] = []
    const group = createGroupCommit<string>({
      log,
      accountOf: (account) => account,
      maxCostPerAccount: 10,
      write: (items) => Promise.resolve(void sizes.push(items.length)),
    })
    await Promise.all(Array.from({ length: 95 }, () => group.add('one')))
    expect(sizes).toEqual([95])
  })

  it('leave half of the queue to the other accounts', async () => {
    const group = createGroupCommit<string>({
      log,
      accountOf: (account) => account,
      maxQueue: 10,
      write: () => new Promise(() => {}),
    })
    const ignore = () => {}
    group.add('greedy').catch(ignore)
    group.add('modest').catch(ignore)
    for (let index = 0; index < 4; index++) group.add('greedy').catch(ignore)
    expect([group.isFull('greedy'), group.isFull('modest'), group.isFull()]).toEqual([true, false, false])
    await expect(group.add('greedy')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    group.add('modest').catch(ignore)
    expect(group.depth()).toBe(7)
    group.giveUp()
  })
})
