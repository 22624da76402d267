import { init } from '@zenovay/tracker'
import {
  capture,
  clicks,
  copy,
  dead,
  downloads,
  engagement,
  errors,
  forms,
  notfound,
  outbound,
  rage,
  video,
  views,
  vitals,
} from '@zenovay/tracker/capture'
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
capture(
  outbound,
  downloads,
  forms,
  clicks,
  engagement,
  errors,
  notfound,
  rage,
  dead,
  copy,
  video,
  views,
  vitals,
)
startLiveWidget({ trackingCode, apiUrl })

function readMeta(name: string): string {
  return document.querySelector<HTMLMetaElement>(`meta[name=${name}]`)?.content ?? ''
}
