import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const lines = readFileSync(join(ROOT, 'Dockerfile'), 'utf8').split('\n')
const ignored = readFileSync(join(ROOT, '.dockerignore'), 'utf8').split('\n').filter(Boolean)

it('copies only existing files that .dockerignore does not exclude', () => {
  const sources = lines
    .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
    .flatMap((line) => line.split(/\s+/).slice(1, -1))
  expect(sources.length).toBeGreaterThan(3)
  for (const source of sources) {
    expect(existsSync(join(ROOT, source)), source).toBe(true)
    expect(ignored, source).not.toContain(source)
  }
})

it('copies the package.json of every workspace', () => {
  const { workspaces } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    workspaces: string[]
  }
  for (const workspace of workspaces.filter((name) => name !== '.'))
    expect(lines.join('\n')).toContain(`COPY ${workspace}/package.json ${workspace}/`)
})

it('runs only existing scripts and an executable entry point', () => {
  const text = lines.join('\n')
  for (const [, script] of text.matchAll(/node (scripts\/\S+)/g))
    expect(existsSync(join(ROOT, script!)), script).toBe(true)
  const [, command] = /ENTRYPOINT \["\/app\/([^"]+)"\]/.exec(text)!
  expect(statSync(join(ROOT, command!)).mode & 0o111).toBe(0o111)
  expect(readFileSync(join(ROOT, 'compose.yml'), 'utf8')).toContain(`/app/${command}`)
})
