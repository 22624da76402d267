import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { EXTERNAL_ROUTES } from '../../collector/src/routes/index.js'
import { tableRows } from '../support/table-rows.js'

const page = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8')
const namesIn = (text: string) => [...text.matchAll(/`(\w+)`/g)].map(([, name]) => name!)

/**
 * The parameters of each group, from the table of parameters: `paging` stands for `limit`, `offset` and
 * `cursor`.
 */
const groups = new Map(
  tableRows(page).flatMap(([cell]) => {
    const [, group, names] = /^(\w+): ((?:`\w+` ?)+)$/.exec(cell!) ?? []
    return group ? [[group, namesIn(names!)] as const] : []
  }),
)

const sections = new Map(
  page
    .split('\n### ')
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf('\n')), section]),
)

it('documents exactly the routes of the External API', () => {
  expect([...sections.keys()]).toEqual(EXTERNAL_ROUTES.map(({ method, path }) => `${method} ${path}`))
})

it.each(EXTERNAL_ROUTES.map((route) => [`${route.method} ${route.path}`, route] as const))(
  'documents the parameters and an example of %s',
  (heading, route) => {
    const section = sections.get(heading)!
    const [, parameters = ''] = /^Parameters: (.+)$/m.exec(section) ?? []
    const names = parameters
      .split(' · ')
      .filter(Boolean)
      .flatMap((part) => groups.get(part) ?? namesIn(part))
    expect(names.toSorted()).toEqual(
      Object.keys({ ...route.query.properties, ...route.body?.properties }).toSorted(),
    )
    expect(JSON.parse(/```json\n([^]+?)\n```/.exec(section)![1]!)).toEqual(route.example)
  },
)
