import { Linter } from 'eslint'
import { expect, it } from 'vitest'
import { FORBID_EARLY_EXITS } from '../../scripts/lint/forbid-early-exits.mjs'

const isRefused = (code: string) =>
  new Linter().verify(code, { rules: { 'no-restricted-syntax': ['error', ...FORBID_EARLY_EXITS] } }).length >
  0

it('rejects comparisons of secrets that stop at the first difference', () => {
  const refused = [
    'secret === given',
    'given == webhookSecret',
    'record.hash !== x',
    'given != api.token',
    'hash(key) === stored',
    'mac.digest() === given',
    "digest.toString('hex') === given",
    "hash(key).toString('hex') !== given",
    'apiKey === given',
    'signature.equals(given)',
    'Buffer.compare(a, b) === 0',
    'key.password.localeCompare(given)',
  ]
  expect(refused.filter((code) => !isRefused(code))).toEqual([])
})

it('allows comparisons that reveal nothing about a secret', () => {
  const allowed = [
    'secret === undefined',
    'undefined !== secret',
    "token !== ''",
    'secret === null',
    'signature.length !== other.length',
    "typeof secret === 'string'",
    'timingSafeEqual(hash(a), hash(b)) === true',
    'id === other',
    'date.equals(other)',
  ]
  expect(allowed.filter(isRefused)).toEqual([])
})
