import { readFileSync } from 'node:fs'
import { ERROR_CODES } from '@zenovay/tracker/contract'
import { expect, it } from 'vitest'
import { SENDER_ERROR_CODES } from '../../src/server/ingest-error.js'
import { tableRows } from '../support/table-rows.js'

const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')

it('documents exactly the registered error codes with their status and message', () => {
  const documented = tableRows(page).filter((row) => row.length === 3 && /^`[A-Z_]+`$/.test(row[0]!))
  const registered = Object.entries(ERROR_CODES).map(([code, { status, message }]) => [
    `\`${code}\``,
    String(status),
    message,
  ])
  expect(documented).toEqual(registered)
})

it('documents the codes of events that a server gives up', () => {
  const [, section] = page.split('## Events that a server gives up')
  const codes = tableRows(section!).map(([code]) => code)
  expect(codes.filter((code) => code!.startsWith('`'))).toEqual(
    SENDER_ERROR_CODES.map((code) => `\`${code}\``),
  )
})
