import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'

const MODULE = new URL('../../dist/http/rate-limit.js', import.meta.url).href

// In a separate process with a small nursery; otherwise the garbage of the engine would be measured instead
// of the limiter.
const PROGRAM = `
  import { INGEST_RULES, createRateLimiter } from ${JSON.stringify(MODULE)}
  let now = 0
  const limiter = createRateLimiter({ rules: INGEST_RULES, clock: () => now })
  const before = process.memoryUsage().rss
  for (let i = 0; i < 1_000_000; i++, now += 0.1)
    for (let cost = 1; cost <= 3; cost++) limiter.take('10.' + (i >> 16) + '.' + ((i >> 8) & 255) + '.' + (i & 255), cost)
  console.log(process.memoryUsage().rss - before)
`

it('stores the rate limits of a million client addresses in less than 50 MB', () => {
  const growth = Number(
    execFileSync(process.execPath, ['--max-semi-space-size=2', '--input-type=module', '--eval', PROGRAM], {
      encoding: 'utf8',
    }),
  )
  expect(growth).toBeGreaterThan(0)
  expect(growth / 1024 / 1024).toBeLessThan(50)
})
