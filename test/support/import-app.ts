import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { bundleApp, type AppSetup } from './bundle-app.js'

let copies = 0

/**
 * Bundles an application and runs the bundle here: every call returns a new copy, with a tracker that has
 * not started.
 */
export async function importApp<App>(entry: string, setup: AppSetup = {}): Promise<App> {
  const code = await bundleApp(entry, setup)
  return (
    setup.server ? importFile(code) : import(`data:text/javascript,${encodeURIComponent(code)}//${copies++}`)
  ) as Promise<App>
}

/** Uses a file, because a server's bundle resolves Node modules relative to its own URL. */
async function importFile(code: string): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), 'zenovay-app-'))
  const file = join(folder, 'app.mjs')
  writeFileSync(file, code)
  const app: unknown = await import(pathToFileURL(file).href)
  rmSync(folder, { recursive: true })
  return app
}
