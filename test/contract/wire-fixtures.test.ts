import { readdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import { WIRE_FIXTURES } from '../support/wire-fixtures.js'

const KEYS = [
  'name',
  'description',
  'contentType',
  'trackingCode',
  'origin',
  'body',
  'raw',
  'rawRepeat',
  'tracker',
  'expect',
]

it('loads every fixture file', () => {
  expect(readdirSync(new URL('../fixtures/wire/', import.meta.url)).toSorted()).toEqual(
    WIRE_FIXTURES.map(({ name }) => `${name}.json`).toSorted(),
  )
})

it.each(WIRE_FIXTURES)('finds only keys that the tests read in the wire fixture $name', (fixture) => {
  expect(Object.keys(fixture).filter((key) => !KEYS.includes(key))).toEqual([])
})
