import { readdirSync, readFileSync } from 'node:fs'
import { BURST_LIMIT, BURST_WINDOW_MS, SUSTAINED_LIMIT } from '@zenovay/tracker/contract'
import { expect, it } from 'vitest'
import { renderArchitecture } from '../../scripts/architecture.mjs'
import { tableRows } from '../support/table-rows.js'

const ROOT = new URL('../../', import.meta.url)
const page = readFileSync(new URL('ARCHITECTURE.md', ROOT), 'utf8')

it('lists the rooms and routes in the generated tables', async () => {
  expect(page, 'run: npm run architecture').toBe(await renderArchitecture())
})

it('documents every background job', () => {
  const folder = new URL('collector/src/', ROOT)
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => [
      ...readFileSync(new URL(file, folder), 'utf8').matchAll(/name: '([a-z-]+)',\s+everyMs/g),
    ])
    .map(([, name]) => name!)
  const background = page.slice(page.indexOf('## What runs in the background'))
  const listed = tableRows(background)
    .map(([name]) => /^`([a-z-]+)`$/.exec(name!)?.[1])
    .filter(Boolean)
  expect(names.length).toBeGreaterThan(5)
  expect(listed.sort()).toEqual([...new Set(names)].sort())
})

it('documents the event rate limits per IP address', () => {
  expect(page).toContain(`${BURST_LIMIT} events in ${BURST_WINDOW_MS / 1000} seconds`)
  expect(page).toContain(`${SUSTAINED_LIMIT.toLocaleString('en')} an hour`)
})
