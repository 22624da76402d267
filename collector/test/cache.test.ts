import fc from 'fast-check'
import { expect, it } from 'vitest'
import { AgedMap } from '../src/cache.js'

it('evicts the oldest cache entry after any sequence of updates, renewals and deletions', () => {
  const step = fc.tuple(
    fc.constantFrom('set', 'renew', 'delete', 'drop', 'drop', 'clear'),
    fc.integer({ min: 0, max: 12 }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
      const map = new AgedMap<number, string>()
      let model: number[] = []
      for (const [kind, key] of steps) {
        if (kind === 'drop') expect(map.dropOldest()?.[0]).toBe(model.shift())
        else if (kind === 'clear') [model] = [[], map.clear()]
        else if (kind === 'set') {
          map.set(key, `value ${key}`)
          if (!model.includes(key)) model.push(key)
        } else {
          model = model.filter((other) => other !== key)
          if (kind === 'delete') map.delete(key)
          else {
            map.renew(key, `value ${key}`)
            model.push(key)
          }
        }
        expect([...map.keys()]).toEqual(model)
      }
    }),
  )
})
