import { expect, it } from 'vitest'
import { createBodyBudget } from '../../src/http/body-budget.js'

it('limits the bytes of all accounts and of each account, until they are released', () => {
  const budget = createBodyBudget({ maxBytes: 10, maxBytesPerAccount: 6 })
  const release = budget.reserve('greedy', 4)
  budget.reserve('greedy', 2)
  expect(() => budget.reserve('greedy', 1)).toThrow(expect.objectContaining({ code: 'STORE_UNAVAILABLE' }))
  budget.reserve('modest', 4)
  expect(() => budget.reserve('third', 1)).toThrow(expect.objectContaining({ code: 'STORE_UNAVAILABLE' }))
  release()
  budget.reserve('greedy', 4)
})
