/** Runs tasks of many accounts, so that no account delays the others. */
export interface FairQueue {
  /**
   * Runs a task when it is the account's turn, and settles as the task does. Tasks of one account start in the order of
   * their calls.
   * @example await queue.run(account.id, () => reports.summary(query))
   */
  run<Result>(accountId: string, task: () => Promise<Result>): Promise<Result>
}

export interface FairQueueLimits {
  /** Maximum number of tasks that run at the same time. */
  concurrent: number
  /** Maximum number of tasks of one account that run at the same time. */
  perAccount: number
}

interface AccountQueue {
  running: number
  waiting: (() => void)[]
}

/**
 * Creates a queue that starts the tasks of the waiting accounts in turn (round-robin), whatever the number of tasks of
 * each. An account that is alone may use only `perAccount` places, so that a place is free when another one comes.
 */
export function createFairQueue({ concurrent, perAccount }: FairQueueLimits): FairQueue {
  // The map keeps the accounts in the order of their turns.
  const accounts = new Map<string, AccountQueue>()
  let running = 0

  function startNext(): void {
    if (running >= concurrent) return
    for (const [accountId, account] of accounts) {
      const start = account.running < perAccount ? account.waiting.shift() : undefined
      if (!start) continue
      accounts.delete(accountId)
      accounts.set(accountId, account)
      account.running++
      running++
      start()
      return
    }
  }

  function end(accountId: string, account: AccountQueue): void {
    account.running--
    running--
    if (account.running === 0 && account.waiting.length === 0) accounts.delete(accountId)
    startNext()
  }

  return {
    async run(accountId, task) {
      const account = accounts.get(accountId) ?? { running: 0, waiting: [] }
      accounts.set(accountId, account)
      await new Promise<void>((resolve) => {
        account.waiting.push(resolve)
        startNext()
      })
      try {
        return await task()
      } finally {
        end(accountId, account)
      }
    },
  }
}
