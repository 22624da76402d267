import type { Reporter, TestCase, TestResult } from '@playwright/test/reporter'

/** Prints the reasons for skipped specs after the run, which the list reporter omits. */
export default class SkipReporter implements Reporter {
  readonly #skips = new Map<string, number>()

  onTestEnd(test: TestCase, result: TestResult): void {
    if (result.status !== 'skipped') return
    const reason = test.annotations.find(({ type }) => type === 'skip')?.description ?? 'no reason given'
    const line = `skipped in ${test.parent.project()?.name}: ${reason}`
    this.#skips.set(line, (this.#skips.get(line) ?? 0) + 1)
  }

  onEnd(): void {
    for (const [line, count] of this.#skips) console.log(`${count} ${line}`)
  }

  printsToStdio(): boolean {
    return false
  }
}
