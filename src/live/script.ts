import { startLiveWidget } from './start-live-widget.js'

// If the page also contains the tracker, the widget uses the tracking code of the tracker by default.
const tag = document.querySelector<HTMLScriptElement>('script[data-tracking-code],script[data-id^=ZV_]')
const own = document.currentScript as HTMLScriptElement | null
const src = own?.src || tag?.src

startLiveWidget({
  trackingCode: own?.dataset['trackingCode'] ?? tag?.dataset['trackingCode'] ?? tag?.dataset['id'],
  apiUrl: own?.dataset['apiUrl'] ?? tag?.dataset['apiUrl'] ?? (src && new URL(src).origin),
})
