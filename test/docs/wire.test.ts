import { readFileSync } from 'node:fs'
import * as contract from '@zenovay/tracker/contract'
import { expect, it } from 'vitest'

const page = readFileSync(new URL('../../docs/wire.md', import.meta.url), 'utf8')

it('names in docs/wire.md every limit of the contract with its value', () => {
  const limits = Object.entries(contract).filter(
    ([name, value]) => /^[A-Z_]+$/.test(name) && typeof value === 'number',
  )
  const rows = new Map(
    [...page.matchAll(/^\| `([A-Z_]+)` +\| ([\d,]+) +\|/gm)].map(([, name, value]) => [
      name,
      Number(value!.replaceAll(',', '')),
    ]),
  )
  expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(limits))
})

it('names every event type', () => {
  for (const type of contract.EVENT_TYPES) expect(page).toContain(`\`${type}\``)
})
