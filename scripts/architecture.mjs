// npm run architecture: writes the generated tables of ARCHITECTURE.md, rooms and routes. A test compares
// them.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { format } from 'prettier'
import { roomTable } from './lint/rooms.mjs'

const ROOT = join(import.meta.dirname, '..')
const PAGE = join(ROOT, 'ARCHITECTURE.md')
const ROUTES = join(ROOT, 'collector/dist/routes')
const EXTERNAL_API = '/api/external/v1'

/** The page with its tables regenerated; needs a build. */
export async function renderArchitecture() {
  const tables = {
    'rooms of src': roomTable('src'),
    'rooms of collector/src': roomTable('collector/src'),
    routes: await routeTable(),
  }
  let page = readFileSync(PAGE, 'utf8')
  for (const [name, table] of Object.entries(tables)) {
    const [start, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`]
    const [from, to] = [page.indexOf(start), page.indexOf(end)]
    if (from < 0 || to < from) throw new Error(`ARCHITECTURE.md has no "${start}" before "${end}".`)
    page = `${page.slice(0, from + start.length)}\n\n${table}\n\n${page.slice(to)}`
  }
  return format(page, { parser: 'markdown', printWidth: 110 })
}

/** Every route with the file that defines it, from the values that the files of `routes/` export. */
async function routeTable() {
  const files = readdirSync(ROUTES, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.js') && file !== 'index.js')
    .sort()
  const { EXTERNAL_ROUTES } = await import(join(ROUTES, 'index.js'))
  const rows = []
  for (const file of files)
    for (const route of Object.values(await import(join(ROUTES, file))).flat())
      if (route?.path && route.method && route.summary) {
        const path = (EXTERNAL_ROUTES.includes(route) ? EXTERNAL_API : '') + route.path
        rows.push({ path, method: route.method, scope: route.scope, file: file.replace('.js', '.ts') })
      }
  rows.sort((a, b) => a.path.localeCompare(b.path, 'en') || a.method.localeCompare(b.method, 'en'))
  return [
    '| route | scope | file in `collector/src/routes` |',
    '| --- | --- | --- |',
    ...rows.map(({ method, path, scope, file }) => `| \`${method} ${path}\` | ${scope} | \`${file}\` |`),
  ].join('\n')
}

if (process.argv[1] === import.meta.filename) writeFileSync(PAGE, await renderArchitecture())
