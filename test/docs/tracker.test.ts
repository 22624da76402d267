import { readFileSync } from 'node:fs'
import * as tracker from '@zenovay/tracker'
import { expect, it } from 'vitest'
import { tableRows } from '../support/table-rows.js'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const page = read('docs/tracker.md')

/** The body rows of the table in one section. */
const rowsOf = (heading: string) =>
  tableRows(page.split(`## ${heading}`)[1]!.split('\n## ')[0]!).filter(([cell]) => cell!.startsWith('`'))

/** The names in backticks in one column, sorted. */
const namesIn = (rows: string[][], column: number) =>
  rows.flatMap((row) => [...row[column]!.matchAll(/`([\w-]+)`/g)].map(([, name]) => name!)).toSorted()

it('documents every init option and its script tag attribute', () => {
  const options = [...read('src/tracker/tracker-options.ts').matchAll(/^ {2}(\w+)\?:/gm)].map(
    ([, name]) => name!,
  )
  const attributes = options
    // A function is no attribute.
    .filter((name) => name !== 'beforeSend')
    .map((name) => `data-${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`)
  const rows = rowsOf('Attributes and options')

  expect(namesIn(rows, 1)).toEqual(options.toSorted())
  expect(namesIn(rows, 0)).toEqual([...attributes, 'data-tracking-code'].toSorted())
})

it('documents every tracker command', () => {
  expect(namesIn(rowsOf('Commands'), 0)).toEqual(
    Object.keys(tracker)
      // One is for the package's own capture.
      .filter((name) => name !== 'init' && name !== 'connectCapture')
      .toSorted(),
  )
})
