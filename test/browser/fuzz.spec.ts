import { generateProgram } from '../fuzz/generate-program.js'
import { formatProgram } from '../fuzz/program.js'
import { runProgram } from '../fuzz/run-program.js'
import { expect, test } from '../support/browser-fixtures.js'

// Set by `npm run fuzz:tracker`, which runs other programs than these.
const { FUZZ_FIRST_SEED, FUZZ_PROGRAMS } = process.env
const FIRST_SEED = Number(FUZZ_FIRST_SEED ?? 1)
const PROGRAMS = Number(FUZZ_PROGRAMS ?? 20)

// Much of a program is waiting.
test.describe.configure({ mode: 'parallel' })

test.skip(
  ({ browserName }) => browserName !== 'chromium' && FUZZ_FIRST_SEED === undefined,
  'the fixed programs run in Chromium; npm run fuzz:tracker -- --browser runs others',
)

for (let seed = FIRST_SEED; seed < FIRST_SEED + PROGRAMS; seed++)
  test(`stores exactly what the model of the documents expects after the program of seed ${seed}`, async ({
    browserName,
    session,
    openTab,
    servers,
  }) => {
    const program = generateProgram(seed, {
      offline: session.setOffline !== undefined,
      freeze: browserName === 'chromium',
    })
    const differences = await runProgram(program, { servers, session, openTab }).catch(String)
    expect(differences, formatProgram(program)).toEqual([])
  })
