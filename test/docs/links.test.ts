import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')

const pages = [
  ...readdirSync(ROOT),
  ...readdirSync(join(ROOT, 'docs'), { encoding: 'utf8', recursive: true }).map((file) => join('docs', file)),
].filter((file) => file.endsWith('.md'))

const withoutCode = (page: string) => page.replaceAll(/^```[^]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, 'code')

/** The anchors of a page's headings, as GitHub derives them. */
const anchorsOf = (file: string) =>
  [
    ...readFileSync(file, 'utf8')
      .replaceAll(/^```[^]*?^```/gm, '')
      .matchAll(/^#+ (.+)$/gm),
  ].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )

it.each(pages)('finds no broken links to files and headings in %s', (page) => {
  const broken = [...withoutCode(readFileSync(join(ROOT, page), 'utf8')).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link]) => link!)
    .filter((link) => !/^https?:/.test(link))
    .filter((link) => {
      const [path, anchor] = link.split('#') as [string, string?]
      const file = path === '' ? join(ROOT, page) : resolve(ROOT, dirname(page), path)
      return !existsSync(file) || (anchor !== undefined && !anchorsOf(file).includes(anchor))
    })
  expect(broken).toEqual([])
})

it.each(pages.filter((page) => page !== 'CHANGELOG.md'))('finds no missing path mentioned in %s', (page) => {
  const paths = [
    ...readFileSync(join(ROOT, page), 'utf8').matchAll(
      /`((?:src|collector|test|bench|scripts|docs)\/[\w./-]+)`/g,
    ),
  ]
  expect(paths.map(([, path]) => path!).filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
})

it('limits each decision record to 40 lines and lists it in the index', () => {
  const folder = join(ROOT, 'docs/decisions')
  const index = readFileSync(join(folder, 'README.md'), 'utf8')
  for (const file of readdirSync(folder).filter((name) => /^\d{4}-/.test(name))) {
    const [title, ...lines] = readFileSync(join(folder, file), 'utf8').trimEnd().split('\n')
    expect(lines.length, file).toBeLessThan(40)
    expect(index, relative(ROOT, file)).toContain(`- [${title!.slice(2)}](${file})`)
  }
})
