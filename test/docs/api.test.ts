import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { EXTERNAL_ROUTES } from '../../collector/src/routes/index.js'

const page = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8')
const namesIn = (text: string) => [...text.matchAll(/`(\w+)`/g)].map(([, name]) => name!)

/** The names that stand for several parameters, by the table of parameters. */
const groups = new Map(
  [...page.matchAll(/^\| (\w+): ((?:`\w+` ?)+) \|/gm)].map(([, group, names]) => [group!, namesIn(names!)]),
)

const sections = new Map(
  page
    .split('\n### ')
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf('\n')), section]),
)

it('has a section for every route, and no other', () => {
  expect([...sections.keys()]).toEqual(EXTERNAL_ROUTES.map(({ method, path }) => `${method} ${path}`))
})

it.each(EXTERNAL_ROUTES.map((route) => [`${route.method} ${route.path}`, route] as const))(
  'names every parameter of %s, and gives its example',
  (heading, route) => {
    const section = sections.get(heading)!
    const [, takes = ''] = /^Takes: (.+)$/m.exec(section) ?? []
    const names = takes
      .split(' · ')
      .filter(Boolean)
      .flatMap((part) => groups.get(part) ?? namesIn(part))
    expect(names.toSorted()).toEqual(
      Object.keys({ ...route.query.properties, ...route.body?.properties }).toSorted(),
    )
    expect(JSON.parse(/```json\n(.+)\n```/.exec(section)![1]!)).toEqual(route.example)
  },
)
