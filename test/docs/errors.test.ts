import { readFileSync } from 'node:fs'
import { ERROR_CODES } from '@zenovay/tracker/contract'
import { expect, it } from 'vitest'
import { tableRows } from '../support/table-rows.js'

it('documents exactly the registered error codes with their status and message', () => {
  const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')
  const documented = tableRows(page).filter(([code]) => /^`[A-Z_]+`$/.test(code!))
  const registered = Object.entries(ERROR_CODES).map(([code, { status, message }]) => [
    `\`${code}\``,
    String(status),
    message,
  ])
  expect(documented).toEqual(registered)
})
