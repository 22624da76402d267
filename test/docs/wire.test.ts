import { readFileSync } from 'node:fs'
import * as contract from '@zenovay/tracker/contract'
import { expect, it } from 'vitest'
import { tableRows } from '../support/table-rows.js'

const page = readFileSync(new URL('../../docs/wire.md', import.meta.url), 'utf8')

it('documents every limit in the contract with its value', () => {
  const limits = Object.entries(contract).filter(
    ([name, value]) => /^[A-Z_]+$/.test(name) && typeof value === 'number',
  )
  const documented = tableRows(page)
    .filter(([name]) => /^`[A-Z_]+`$/.test(name!))
    .map(([name, value]) => [name!.slice(1, -1), Number(value!.replaceAll(',', ''))])
  expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(limits))
})

it('documents every event type', () => {
  for (const type of contract.EVENT_TYPES) expect(page).toContain(`\`${type}\``)
})
