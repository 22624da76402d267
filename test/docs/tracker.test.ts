import { readFileSync } from 'node:fs'
import * as tracker from '@zenovay/tracker'
import { expect, it } from 'vitest'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const page = read('docs/tracker.md')

/** The names in backquotes of one column of a table's rows. */
const column = (rows: string[], index: number) =>
  rows
    .flatMap((row) => [...row.split('|')[index]!.matchAll(/`([\w-]+)`/g)].map(([, name]) => name!))
    .toSorted()

/** Rows of the table under a heading. */
const rowsOf = (heading: string) =>
  page
    .split(`## ${heading}`)[1]!
    .split('\n## ')[0]!
    .split('\n')
    .filter((line) => /^\| `/.test(line))

it('names every option of init and its attribute', () => {
  const options = [...read('src/tracker/tracker-options.ts').matchAll(/^ {2}(\w+)\?:/gm)].map(
    ([, name]) => name!,
  )
  const attributes = options.map(
    (name) => `data-${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
  )
  const rows = rowsOf('Attributes and options')

  expect(column(rows, 2)).toEqual(options.toSorted())
  expect(column(rows, 1)).toEqual([...attributes, 'data-tracking-code'].toSorted())
})

it('names every command', () => {
  expect(column(rowsOf('Commands'), 1)).toEqual(
    Object.keys(tracker)
      .filter((name) => name !== 'init')
      .toSorted(),
  )
})
