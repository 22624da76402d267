import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { borderCrossed, PACKAGES, roomOf } from '../../scripts/lint/rooms.mjs'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

const FILES = Object.keys(PACKAGES).flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${folder}/${file}`),
)

/** The files that a file imports by a relative path, types included. */
function importsOf(file: string): string[] {
  const source = ts.preProcessFile(readFileSync(join(ROOT, file), 'utf8'), true, true)
  return source.importedFiles
    .map(({ fileName }) => fileName)
    .filter((name) => name.startsWith('.'))
    .map((name) => join(dirname(file), name).replace(/\.js$/, '.ts'))
}

const ARROWS = FILES.flatMap((from) => importsOf(from).map((to) => ({ from, to })))

/** The first circle of a graph, as its path; undefined when there is none. */
function findCircle(arrows: { from: string; to: string }[]): string[] | undefined {
  const next = new Map<string, { to: string }[]>()
  for (const arrow of arrows) next.set(arrow.from, [...(next.get(arrow.from) ?? []), arrow])
  const finished = new Set<string>()
  const visit = (node: string, path: string[]): string[] | undefined => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node]
    if (finished.has(node)) return undefined
    for (const { to } of next.get(node) ?? []) {
      const circle = visit(to, [...path, node])
      if (circle) return circle
    }
    finished.add(node)
    return undefined
  }
  for (const node of next.keys()) {
    const circle = visit(node, [])
    if (circle) return circle
  }
  return undefined
}

describe('borders of the rooms', () => {
  it('reads the imports of every file', () => {
    expect(FILES.length).toBeGreaterThan(150)
    expect(ARROWS.length).toBeGreaterThan(600)
  })

  it('assigns every file to a room', () => {
    expect(FILES.filter((file) => !roomOf(file))).toEqual([])
  })

  it('allows every import in the source files', () => {
    expect(ARROWS.map(({ from, to }) => borderCrossed(from, to)).filter(Boolean)).toEqual([])
  })

  it('rejects an import that the table does not allow', () => {
    expect(borderCrossed('collector/src/control/sites.ts', 'collector/src/routes/sites.ts')).toMatch(
      /may not/,
    )
    expect(borderCrossed('collector/src/routes/sites.ts', 'collector/src/stores/sql/database.ts')).toMatch(
      /may not/,
    )
    expect(borderCrossed('src/tracker/index.ts', 'src/node/index.ts')).toMatch(/may not/)
    expect(borderCrossed('collector/src/ingest/pipeline.ts', 'src/contract/wire.ts')).toMatch(/may not/)
  })

  it.each(Object.entries(PACKAGES))('allows imports only from earlier rooms in %s', (_folder, rooms) => {
    const order = Object.keys(rooms)
    for (const [room, { imports }] of Object.entries<{ imports: string[] }>(rooms))
      expect(
        imports.filter((other) => order.indexOf(other) >= order.indexOf(room)),
        room,
      ).toEqual([])
  })

  it('lists only allowed imports that are used', () => {
    for (const [folder, rooms] of Object.entries(PACKAGES))
      for (const [room, { imports }] of Object.entries<{ imports: string[] }>(rooms)) {
        const used = ARROWS.filter(
          ({ from }) => roomOf(from)?.name === room && roomOf(from)?.folder === folder,
        )
        const unused = imports.filter((other) => !used.some(({ to }) => roomOf(to)?.name === other))
        expect(unused, `${folder} ${room}`).toEqual([])
      }
  })
})

describe('findCircle', () => {
  it('returns the path of a circular import', () => {
    const arrows = ['ab', 'bc', 'cb'].map(([from, to]) => ({ from: from!, to: to! }))
    expect(findCircle(arrows)).toEqual(['b', 'c', 'b'])
  })

  it('finds no circular imports between files', () => {
    expect(findCircle(ARROWS)).toBeUndefined()
  })

  it('finds no circular imports between rooms', () => {
    const name = (file: string) => Object.values(roomOf(file)!).join('/')
    const between = ARROWS.map(({ from, to }) => ({ from: name(from), to: name(to) }))
    expect(findCircle(between.filter(({ from, to }) => from !== to))).toBeUndefined()
  })
})
