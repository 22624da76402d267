import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/support/longest-first.js'

const shared = {
  // Three at a time, on a machine that is busy with something else.
  testTimeout: 120_000,
  hookTimeout: 120_000,
}

export default defineConfig({
  test: {
    // More than a machine of two cores has: many tests wait for other processes, for the disk or for a
    // moment.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    reporters: ['default', 'json'],
    outputFile: { json: 'test-results/vitest.json' },
    projects: [
      {
        test: {
          ...shared,
          name: 'tracker',
          include: [
            'test/{contract,tracker,capture,live,react,vue,svelte,server,docs,package,bench,lint}/**/*.test.ts',
          ],
        },
      },
      // Half of what a short file of these takes is to load the collector: the files of one worker share its
      // modules.
      { test: { ...shared, name: 'collector', include: ['collector/test/**/*.test.ts'], isolate: false } },
    ],
  },
})
