import { readFileSync } from 'node:fs'
import { ERROR_CODES } from '@zenovay/tracker/contract'
import { expect, it } from 'vitest'

it('lists in docs/errors.md every code of the register with its status and sentence, and no other', () => {
  const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')
  const rows = [...page.matchAll(/^\| `([A-Z_]+)` +\| (\d+) +\| (.+?) +\|$/gm)].map(
    ([, code, status, message]) => [code, Number(status), message],
  )
  expect(rows).toEqual(
    Object.entries(ERROR_CODES).map(([code, { status, message }]) => [code, status, message]),
  )
})
