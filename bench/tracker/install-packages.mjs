// @ts-check
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Installs exact versions of packages into a separate folder, without running their install scripts. */
export function installPackages(folder, packages) {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  const wanted = packages.map(({ name, version }) => `${name}@${version}`)
  const args = [
    'install',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--save-exact',
    '--loglevel=error',
    ...wanted,
  ]
  // npm is a shell script on Windows.
  execFileSync('npm', args, { cwd: folder, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' })
}
