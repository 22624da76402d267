import { createRequire } from 'node:module'
import { StartError } from '../../errors.js'

/** Throws a {@link StartError} if the embedded engine does not run on this system. */
export function assertPlatform(): void {
  const advice = 'Set CLICKHOUSE_URL to a ClickHouse server instead (docs/configuration.md).'
  try {
    const { libchdbPath } = createRequire(import.meta.url)('chdb/libchdb') as { libchdbPath: () => string }
    libchdbPath()
  } catch {
    throw new StartError(
      `The embedded engine does not run on ${process.platform}-${process.arch}: it needs glibc Linux or macOS. ${advice}`,
    )
  }
  if (process.platform === 'linux' && !hasGlibc())
    throw new StartError(
      `The embedded engine does not run on this Linux: it needs glibc, not musl. ${advice}`,
    )
}

function hasGlibc(): boolean {
  // Exclude the network interfaces from the report, because their DNS lookups can take seconds.
  Object.assign(process.report, { excludeNetwork: true })
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } }
  return header.glibcVersionRuntime !== undefined
}
