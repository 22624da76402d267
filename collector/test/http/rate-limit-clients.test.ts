import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createClientTable } from '../../src/http/rate-limit.js'

it('tracks the most recent clients separately, and evicts the least recent one', () => {
  const step = fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 0, max: 15 }).map((number) => `client ${number}`) },
    { weight: 1, arbitrary: fc.constant(null) },
  )
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.array(step, { maxLength: 150, size: 'max' }),
      (maxClients, steps) => {
        const forgotten: number[] = []
        const table = createClientTable(maxClients, (slot) => forgotten.push(slot))
        // Client and slot, least recently seen first.
        const model = new Map<string, number>()
        for (const client of steps) {
          const [oldest] = model
          if (client === null) {
            if (!oldest) continue
            table.forgetOldest()
            model.delete(oldest[0])
            expect(forgotten.splice(0)).toEqual([oldest[1]])
            continue
          }
          const known = model.get(client)
          const slot = table.touch(client)
          if (known === undefined && oldest && model.size === maxClients) {
            model.delete(oldest[0])
            expect(forgotten).toEqual([oldest[1]])
          } else expect(forgotten).toEqual([])
          forgotten.length = 0
          model.delete(client)
          expect(known ?? slot).toBe(slot)
          expect([...model.values()]).not.toContain(slot)
          expect(slot).toBeLessThan(maxClients)
          model.set(client, slot)
        }
      },
    ),
  )
})
