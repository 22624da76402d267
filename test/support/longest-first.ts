import { relative } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

// The files that take more than ten seconds, the longest first: one that begins last delays the whole run.
const LONG_FILES = [
  'collector/test/golden/golden.test.ts',
  'test/bench/faults.test.ts',
  'collector/test/stores/settled/settle-days.test.ts',
  'collector/test/stores/reports.test.ts',
  'collector/test/isolation/injection.test.ts',
  'collector/test/stream.test.ts',
  'collector/test/command.test.ts',
  'collector/test/isolation/authorisation-matrix.test.ts',
  'collector/test/auth/limits-survive-kills.test.ts',
  'collector/test/backup.test.ts',
  'collector/test/retention/housekeeping.test.ts',
  'collector/test/external/hostile-parameters.test.ts',
  'collector/test/retention/erasure.test.ts',
  'collector/test/stores/reports-model.test.ts',
]

/** Runs the long files first, even without durations of an earlier run. Vitest requires a class. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const place = LONG_FILES.indexOf(relative(this.ctx.config.root, moduleId))
      return place < 0 ? LONG_FILES.length : place
    }
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b))
  }
}
