import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/{contract,tracker,live,react,vue,svelte,node,docs,package,bench}/**/*.test.ts', 'collector/test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    reporters: ['default', 'json'],
    outputFile: { json: 'test-results/vitest.json' },
  },
})
