import { init } from '@zenovay/tracker'
import { startLiveWidget } from '@zenovay/tracker/live'
import { startRouter } from './start-router.js'
import { showAbout } from './show-about.js'
import { showTeas } from './show-teas.js'
import { showTimer } from './show-timer.js'

const trackingCode = readMeta('tracking-code')
const apiUrl = readMeta('collector')

// Before init, so that the first pageview carries the title of the first view.
startRouter({ '/app/': showTeas, '/app/timer': showTimer, '/app/about': showAbout })
init(trackingCode, { apiUrl, allowLocalhost: true })
startLiveWidget({ trackingCode, apiUrl })

function readMeta(name: string): string {
  return document.querySelector<HTMLMetaElement>(`meta[name=${name}]`)?.content ?? ''
}
