import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { DEBIAN_PACKAGES, ENGINES, findBrowser } from '../test/support/find-browsers.mjs'

// A download of three browsers takes minutes; one that hangs behind a firewall must end some time.
const INSTALL_TIMEOUT_MS = 10 * 60 * 1000

/**
 * Makes sure that the browser tests have all three engines, and installs missing ones.
 *
 * When all are there, it touches neither the network nor the machine.
 */
export async function ensureBrowsers() {
  if ((await missingEngines()).length > 0) await installFromPlaywright()
  if ((await missingEngines()).length > 0) installFromDebian()
  const missing = await missingEngines()
  if (missing.length > 0) throw new Error(explainMissing(missing))
  console.log(`browsers: ${await describeFound()}`)
}

async function missingEngines() {
  const found = await Promise.all(ENGINES.map(findBrowser))
  return ENGINES.filter((_, index) => !found[index])
}

async function describeFound() {
  const found = await Promise.all(
    ENGINES.map(async (engine) => `${engine} ${(await findBrowser(engine))?.path}`),
  )
  return found.join(', ')
}

async function installFromPlaywright() {
  // --no-install: without our own Playwright, npx would fetch one of another version and its browsers.
  run('npx', ['--no-install', 'playwright', 'install', ...(await missingEngines())])
}

function installFromDebian() {
  if (!existsSync('/etc/debian_version') || !existsSync('/usr/bin/apt-get') || process.getuid?.() !== 0)
    return
  run('apt-get', ['update'])
  run('apt-get', ['install', '-y', ...DEBIAN_PACKAGES])
}

/** Runs a command; its success is seen by looking for the browsers again. */
function run(command, args) {
  console.log(`browsers: ${command} ${args.join(' ')}`)
  const { error, status } = spawnSync(command, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    timeout: INSTALL_TIMEOUT_MS,
  })
  if (error || status !== 0)
    console.log(`browsers: ${command} failed (${error?.message ?? `exit code ${status}`})`)
}

function explainMissing(missing) {
  return [
    `No browser for ${missing.join(', ')}, and none could be installed. Install it with`,
    `  Debian, Ubuntu (as root): apt-get install ${DEBIAN_PACKAGES.join(' ')}`,
    `  macOS, Windows:           npx playwright install ${missing.join(' ')}`,
    `  other Linux:              npx playwright install --with-deps ${missing.join(' ')}`,
  ].join('\n')
}

if (process.argv[1] === import.meta.filename)
  try {
    await ensureBrowsers()
  } catch (error) {
    console.error(error.message)
    process.exitCode = 1
  }
