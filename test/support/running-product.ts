import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test as base, type Page } from '@playwright/test'

/** The output of `npm start`. */
export interface Product {
  demo: string
  dashboard: string
  collector: string
  'tracking code': string
  'website id': string
  'api key': string
  process: ChildProcess
}

// A visitor's browser is neither headless nor driven.
const USER_AGENT =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36'

export const test = base.extend<{ product: Product }>({
  userAgent: USER_AGENT,
  // eslint-disable-next-line no-empty-pattern
  product: async ({}, use) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'zenovay-e2e-'))
    const child = spawn(process.execPath, ['demo/dist/start.js'], {
      env: { ...process.env, DATA_DIR: dataDir, PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const printed: Record<string, string> = {}
    for await (const line of createInterface({ input: child.stdout })) {
      if (line === 'ready') break
      const [name, value] = line.split(/: (.*)/)
      printed[name!] = value!
    }
    await use({ ...printed, process: child } as unknown as Product)
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await ended
    rmSync(dataDir, { recursive: true })
  },
})

/** Fails the spec on any error or warning of the page. */
export function watch(page: Page): string[] {
  const complaints: string[] = []
  page.on(
    'console',
    (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()),
  )
  page.on('pageerror', (error) => complaints.push(String(error)))
  return complaints
}

/** Lets the collector take the driven browser for a visitor's. */
export const asVisitor = (page: Page) =>
  page.addInitScript(() => Object.defineProperty(Navigator.prototype, 'webdriver', { get: () => false }))

/** Asks for a report of the demo's site. */
export async function ask<Answer>(
  { collector, 'website id': id, 'api key': key }: Product,
  path: string,
): Promise<Answer> {
  const answer = await fetch(`${collector}/api/external/v1/analytics/${id}${path}`, {
    headers: { 'x-api-key': key },
  })
  return (await answer.json()) as Answer
}
