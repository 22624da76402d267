import { RecordingCollector } from './recording-collector.js'
import { SiteServer } from './site-server.js'

export interface RecordingServers {
  site: SiteServer
  collector: RecordingCollector
  stop(): Promise<void>
}

/** Starts a web site and, under another host name, a recording collector. */
export async function startRecordingServers(): Promise<RecordingServers> {
  const site = await new SiteServer().start()
  const collector = await new RecordingCollector().start()
  return {
    site,
    collector,
    async stop() {
      await Promise.all([site.down(), collector.down()])
    },
  }
}
