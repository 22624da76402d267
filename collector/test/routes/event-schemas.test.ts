import { Value } from '@sinclair/typebox/value'
import { validateEvent } from '@zenovay/tracker/contract'
import { expect, it } from 'vitest'
import { isAccepted, WIRE_FIXTURES } from '../../../test/support/wire-fixtures.js'
import { EVENT } from '../../src/routes/event-schemas.js'

it('describes every event that the wire fixtures accept', () => {
  const accepted = WIRE_FIXTURES.filter(({ expect: expected }) => isAccepted(expected))
  expect(accepted.length).toBeGreaterThan(15)
  for (const { name, body } of accepted)
    for (const event of [body].flat().filter((one) => validateEvent(one).ok))
      expect(
        [...Value.Errors(EVENT, event)].map(({ path, message }) => `${name}${path}: ${message}`),
      ).toEqual([])
})

it('does not describe events with fields of other types', () => {
  const event = WIRE_FIXTURES.find(({ name }) => name === 'custom-event')!.body as object
  for (const field of Object.keys(EVENT.properties)) {
    const wrong = { ...event, [field]: { not: { a: 'value' } } }
    expect([validateEvent(wrong).ok, Value.Check(EVENT, wrong)], field).toEqual([false, false])
  }
})
