// npm run licences: writes docs/licences.md from package-lock.json. A test compares them.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { format } from 'prettier'

const ROOT = join(import.meta.dirname, '..')
const PAGE = join(ROOT, 'docs/licences.md')
const FOLDER = 'node_modules/'

/** Licences that allow what we do: to use, change and pass on, with their notice. */
const ALLOWED = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'MIT-0', 'Unlicense']

/** Development dependencies whose code is part of the published files, and of which. */
const BUNDLED = { 'web-vitals': ['vitals.js', 'capture.mjs'] }

/**
 * Lists the packages that are installed without development dependencies, for any system, by name and version.
 * Throws an error that names every package whose licence is unknown or not allowed.
 */
export function listLicences(lock) {
  const packages = Object.entries(lock.packages)
    .filter(
      ([path, { dev, devOptional, peer, link }]) =>
        path.includes(FOLDER) && !(dev || devOptional || peer || link),
    )
    .map(([path, { name, version, license }]) => ({
      name: name ?? path.slice(path.lastIndexOf(FOLDER) + FOLDER.length),
      version,
      licence: license ?? 'unknown',
    }))
  const refused = packages.filter(({ licence }) => !ALLOWED.includes(licence))
  if (refused.length > 0)
    throw new Error(
      `These licences are not allowed: ${refused.map(({ name, version, licence }) => `${name}@${version} (${licence})`).join(', ')}. Use another package, or add the licence to scripts/licences.mjs.`,
    )
  const byName = new Map(packages.map((one) => [`${one.name}@${one.version}`, one]))
  return [...byName.values()].sort(
    (a, b) => a.name.localeCompare(b.name, 'en') || a.version.localeCompare(b.version, 'en'),
  )
}

/** The page, with one row for each package. */
export function renderLicences() {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'))
  const packages = listLicences(lock)
  const bundled = Object.entries(BUNDLED).map(([name, files]) => {
    const { version, license } = lock.packages[FOLDER + name]
    return `${files.map((file) => `\`${file}\``).join(' and ')} of the tracker contain [\`${name}\`](https://www.npmjs.com/package/${name}) ${version}, licence ${license}.`
  })
  return format(
    [
      '# Licences',
      '',
      `The tracker, \`@zenovay/tracker\`, has no dependencies at run time. The collector, \`@zenovay/collector\`, has the ${packages.length} below, some of them only on one system. Development dependencies are not listed.`,
      '',
      ...bundled,
      '',
      '| package | version | licence |',
      '| --- | --- | --- |',
      ...packages.map(({ name, version, licence }) => `| \`${name}\` | ${version} | ${licence} |`),
    ].join('\n'),
    { parser: 'markdown', printWidth: 110 },
  )
}

if (process.argv[1] === import.meta.filename) writeFileSync(PAGE, await renderLicences())
