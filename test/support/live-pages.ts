import type { RecordingServers } from './recording-servers.js'
import { plainPage, TRACKING_CODE } from './test-pages.js'

export interface LivePage {
  /** HTML before the widget. */
  head?: string
  body: string
}

declare global {
  interface Window {
    /** Stops the widget of a module page. */
    stopLive: () => void
  }
}

/**
 * A page with the widget as a script tag, from another origin. `blockRendering`: nothing is painted before
 * it runs.
 */
export function liveScriptPage(
  { site, collector }: RecordingServers,
  { head = '', body, blockRendering }: LivePage & { blockRendering?: boolean },
): string {
  const blocking = blockRendering ? 'blocking="render"' : ''
  const widget = `<script defer crossorigin ${blocking} data-tracking-code="${TRACKING_CODE}" src="${collector.url}/live.js"></script>`
  return plainPage(site, { head: head + widget, body })
}

/** A page with the widget as a module, started by the application. */
export function liveModulePage(
  { site, collector }: RecordingServers,
  { head = '', body, intervalMs }: LivePage & { intervalMs: number },
): string {
  const options = { trackingCode: TRACKING_CODE, apiUrl: collector.url, intervalMs }
  const widget = `<script type="module">
    import { startLiveWidget } from '/live.mjs'
    window.stopLive = startLiveWidget(${JSON.stringify(options)})
  </script>`
  return plainPage(site, { head: head + widget, body })
}
