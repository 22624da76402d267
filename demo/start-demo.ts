import { readConfig, startCollector } from '@zenovay/collector'
import { ensureDemoSite } from './ensure-demo-site.js'
import { serveDemo } from './serve-demo.js'

export interface RunningDemo {
  close(): Promise<void>
}

/**
 * Starts a collector with a demo shop, and prints the URLs and commands for both. Rejects with a
 * `StartError`.
 */
export async function startDemo(
  env: Record<string, string | undefined>,
  print: (line: string) => void,
): Promise<RunningDemo> {
  const config = readConfig({ ...env, LOG_LEVEL: env['LOG_LEVEL'] || 'warn' })
  const collector = await startCollector(config)
  try {
    const { websiteId, trackingCode, apiKey } = await ensureDemoSite(collector.control, config.dataDir)
    const collectorUrl = reachableUrl(collector.url, config.host)
    const demo = await serveDemo({
      port: portBeside(config.port),
      host: config.host,
      collectorUrl,
      trackingCode,
    })
    print(`demo: ${reachableUrl(demo.url, config.host)}`)
    print(`dashboard: ${collectorUrl}/dashboard`)
    print(`collector: ${collectorUrl}`)
    print(`tracking code: ${trackingCode}`)
    print(`website id: ${websiteId}`)
    print(`api key: ${apiKey}`)
    print(
      'This key can only read. A key that writes: zenovay-collector key create --scope write (docs/api-keys.md).',
    )
    print('ready')
    return { close: () => demo.close().then(() => collector.close()) }
  } catch (error) {
    await collector.close()
    throw error
  }
}

function portBeside(port: number): number {
  return port === 0 || port === 65_535 ? 0 : port + 1
}

/** The URL that a browser on this machine can open; the wildcard address cannot be opened. */
function reachableUrl(listening: string, host: string): string {
  const url = new URL(listening)
  if (host === '0.0.0.0') url.hostname = '127.0.0.1'
  if (host === '::') url.hostname = '[::1]'
  return url.origin
}
