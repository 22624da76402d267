import { readFileSync } from 'node:fs'
import { ERROR_CODES } from '@zenovay/tracker/contract'
import { expect, it } from 'vitest'
import { CLIENT_ERROR_CODES } from '../../src/server/api-error.js'
import { SENDER_ERROR_CODES } from '../../src/server/ingest-error.js'
import { WEBHOOK_ERROR_CODES } from '../../src/server/webhook-error.js'
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

it.each([
  ['events that a server gives up', '## Events that a server gives up', SENDER_ERROR_CODES],
  ['webhooks that a receiver does not accept', '## Webhooks that a receiver', WEBHOOK_ERROR_CODES],
  ['requests without an answer', '## Requests without an answer', CLIENT_ERROR_CODES],
])('documents the codes of %s', (_, heading, registered) => {
  const [, after] = page.split(heading)
  const codes = tableRows(after!.split('\n## ')[0]!).map(([code]) => code!)
  expect(codes.filter((code) => code.startsWith('`'))).toEqual(registered.map((code) => `\`${code}\``))
})
