// The rooms of the project and the rooms that each may import. ESLint, the tests of borders and the table in
// ARCHITECTURE.md read this one list.
import { dirname, join, relative, sep } from 'node:path'

const ROOT = join(import.meta.dirname, '../..')

/**
 * A room is a folder, or a file of its own beside them. `imports` are the other rooms of its package that it
 * may import; each stands above it in the list, so that no arrow points up.
 */
const SRC = {
  contract: { holds: 'the wire: types, limits, error codes, validation; no DOM, no Node', imports: [] },
  tracker: { holds: 'the browser tracker: `script.ts` (z.js) and `index.ts` (ESM)', imports: ['contract'] },
  capture: {
    holds: 'what `data-capture` turns on: one file for each kind of event; never part of z.js',
    imports: ['contract', 'tracker'],
  },
  live: { holds: 'the live-count widget', imports: ['contract'] },
  server: {
    holds: 'the server toolkit, for every runtime with `fetch`, Web Crypto and timers',
    imports: ['contract'],
  },
  node: { holds: 'the server toolkit with what needs Node.js', imports: ['server'] },
  react: { holds: 'component and hook over the built tracker', imports: ['tracker'] },
  vue: { holds: 'plugin and composable over the built tracker', imports: ['tracker'] },
  svelte: { holds: 'start function over the built tracker', imports: ['tracker'] },
}

const COLLECTOR = {
  errors: { holds: 'typed errors', imports: [] },
  durations: { holds: 'milliseconds in a second, minute, hour and day', imports: [] },
  cache: { holds: 'bounded maps and memoization', imports: [] },
  'fair-queue': { holds: 'a queue that starts the tasks of all accounts in turn', imports: [] },
  observability: { holds: 'log, metric registry, process metrics', imports: ['errors'] },
  http: {
    holds: 'HTTP server, bodies, CORS, error answers, client address, rate limits, static files',
    imports: ['errors', 'cache'],
  },
  control: {
    holds: 'accounts, sites, keys, goals, secrets, integrations: types, rules and store interfaces',
    imports: ['errors', 'durations', 'http'],
  },
  egress: {
    holds: 'outbound requests: SSRF guard, one attempt, retry schedule, delivery loop',
    imports: ['errors'],
  },
  ingest: {
    holds: 'from a decoded event to a stored row: admit, identify, enrich, commit',
    imports: ['errors', 'durations', 'cache', 'observability', 'http', 'control'],
  },
  reports: {
    holds: 'periods, filters, cursors, comparison, realtime stream; the report store interface',
    imports: ['errors', 'durations', 'cache', 'fair-queue', 'control', 'ingest'],
  },
  'http/api': {
    holds: 'the route table: definition, validation, OpenAPI, CSV, registration',
    imports: ['errors', 'fair-queue', 'http', 'control', 'reports'],
  },
  webhooks: {
    holds: 'outbound webhooks: management, outbox, delivery, signing; events derived from the store',
    imports: ['errors', 'durations', 'observability', 'http', 'control', 'egress', 'ingest', 'reports'],
  },
  alerts: {
    holds: 'alert rules, their evaluation each minute, notifications by mail, Slack and webhook',
    imports: [
      'errors',
      'durations',
      'cache',
      'observability',
      'http',
      'control',
      'egress',
      'reports',
      'webhooks',
    ],
  },
  jobs: {
    holds: 'periodic background jobs; `index.ts` lists them',
    imports: ['errors', 'observability', 'control', 'ingest', 'reports', 'webhooks', 'alerts'],
  },
  routes: {
    holds: 'one file per resource; `index.ts` is the table of all routes',
    imports: [
      'errors',
      'fair-queue',
      'observability',
      'http',
      'control',
      'ingest',
      'reports',
      'http/api',
      'webhooks',
      'alerts',
      'jobs',
    ],
  },
  config: {
    holds: 'environment variables → `Config`; reports all issues at once',
    imports: ['errors', 'observability', 'control', 'alerts'],
  },
  'create-app': {
    holds: 'composes the Fastify app, without I/O',
    imports: [
      'fair-queue',
      'http',
      'control',
      'egress',
      'ingest',
      'reports',
      'http/api',
      'webhooks',
      'alerts',
      'jobs',
      'routes',
      'config',
    ],
  },
  stores: {
    holds: 'the only room with database code: ClickHouse, SQL control data, embedded engine',
    imports: [
      'errors',
      'durations',
      'control',
      'egress',
      'ingest',
      'reports',
      'webhooks',
      'alerts',
      'config',
    ],
  },
  'start-collector': {
    holds: 'opens stores and engine, starts ingest, delivery and jobs, listens; and closes them',
    imports: [
      'errors',
      'observability',
      'http',
      'control',
      'egress',
      'ingest',
      'webhooks',
      'alerts',
      'jobs',
      'routes',
      'config',
      'create-app',
      'stores',
    ],
  },
  cli: {
    holds: 'the command line: `run.ts` and one file per noun',
    imports: ['errors', 'http', 'control', 'config', 'stores', 'start-collector'],
  },
  index: {
    holds: 'exports for other packages',
    imports: ['errors', 'control', 'config', 'stores', 'start-collector'],
  },
  main: { holds: 'the process', imports: ['errors', 'cli'] },
}

/** Folder of each package's rooms → its rooms, from the lowest to the highest. */
export const PACKAGES = { src: SRC, 'collector/src': COLLECTOR }

/**
 * The package and the room of a file, `undefined` for a file of no room. Paths are relative to the root of
 * the project.
 */
export function roomOf(file) {
  const folder = Object.keys(PACKAGES).find((name) => file.startsWith(`${name}/`))
  if (!folder) return undefined
  const names = Object.keys(PACKAGES[folder])
  const path = file.slice(folder.length + 1).replace(/\.ts$/, '')
  // The longest name: a room may lie inside another one's folder.
  const name = names
    .filter((room) => path === room || path.startsWith(`${room}/`))
    .sort((a, b) => b.length - a.length)[0]
  return name === undefined ? undefined : { folder, name }
}

/**
 * The reason why a file may not import another one; `undefined` when it may. Both paths are relative to the
 * root of the project.
 */
export function borderCrossed(file, imported) {
  const from = roomOf(file)
  const to = roomOf(imported)
  if (!from) return undefined
  if (!to) return `${file} imports ${imported}, a file of no room.`
  if (from.folder !== to.folder)
    return `${from.folder} may not import ${to.folder}: use the package @zenovay/tracker.`
  if (from.name === to.name || PACKAGES[from.folder][from.name].imports.includes(to.name)) return undefined
  return `Room ${from.name} may not import room ${to.name}: see scripts/lint/rooms.mjs.`
}

/** ESLint rule: a relative import stays within the borders of {@link PACKAGES}. */
export const borders = {
  create(context) {
    const file = relative(ROOT, context.filename).split(sep).join('/')
    const check = ({ source }) => {
      if (!String(source?.value).startsWith('.')) return
      const imported = join(dirname(file), source.value).split(sep).join('/').replace(/\.js$/, '.ts')
      const message = borderCrossed(file, imported)
      if (message) context.report({ node: source, message })
    }
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
    }
  },
}

/** The rooms of a package as a Markdown table. */
export function roomTable(folder) {
  const rows = Object.entries(PACKAGES[folder]).map(
    ([name, { holds, imports }]) =>
      `| \`${name}\` | ${holds} | ${imports.map((room) => `\`${room}\``).join(', ') || '–'} |`,
  )
  return ['| room | holds | may import |', '| --- | --- | --- |', ...rows].join('\n')
}
