import type { LiveAnswer } from '../contract/wire.js'

export interface LiveWidgetOptions {
  /** Tracking code of the site. Elements can override it with their own tracking code. */
  trackingCode?: string | undefined
  /** Base URL of the collector. @default the page's own origin */
  apiUrl?: string | undefined
  /** Time between two polls in milliseconds, at least 5,000. @default 10000 */
  intervalMs?: number | undefined
}

const SELECTOR = 'zenovay-live,[data-zenovay-live]'
const SHORTEST_INTERVAL_MS = 5_000
const LONGEST_INTERVAL_MS = 120_000

/**
 * Shows the number of live visitors in every `<zenovay-live>` element and every element with the attribute
 * `data-zenovay-live`, including elements that are added later.
 *
 * An element can show another site (`data-tracking-code`) and use another collector (`data-api-url`). Polling
 * pauses while the page is hidden. After each error the interval doubles, up to two minutes. Does nothing on
 * a server.
 *
 * @returns a function that stops the widget
 *
 * @example
 * import { startLiveWidget } from '@zenovay/tracker/live'
 * const stop = startLiveWidget({ trackingCode: 'ZV_XXXXXXXXXXX', apiUrl: 'https://collector.example' })
 */
export function startLiveWidget({
  trackingCode,
  apiUrl,
  intervalMs = 10_000,
}: LiveWidgetOptions = {}): () => void {
  if (typeof document === 'undefined') return () => {}
  const interval = Math.max(SHORTEST_INTERVAL_MS, intervalMs)
  const format = numberFormat(document.documentElement.lang)
  let delay = interval
  let timer = 0
  let polls = 0

  const poll = async () => {
    const own = ++polls
    const groups = new Map<string, HTMLElement[]>()
    for (const element of document.querySelectorAll<HTMLElement>(SELECTOR)) {
      const { dataset, style } = element
      const code = dataset['trackingCode'] || dataset['zenovayLive'] || trackingCode
      if (!code) continue
      const url = `${(dataset['apiUrl'] ?? apiUrl ?? '').replace(/\/$/, '')}/e/live/${code}`
      groups.set(url, [...(groups.get(url) ?? []), element])
      // Reserve space for three digits of equal width, so that a changing number causes no layout shift. Skip
      // elements that the page has already styled as a box.
      if (getComputedStyle(element).display === 'inline')
        style.cssText ||= 'display:inline-block;min-width:3ch;font-variant-numeric:tabular-nums'
      element.ariaLive ||= 'polite'
    }
    let failed = false
    for (const [url, elements] of groups)
      try {
        const { visitors } = (await (await fetch(url)).json()) as LiveAnswer
        const text = format.format(visitors)
        // An error response contains no number. Write the text only if it has changed, because a screen
        // reader would otherwise read it again.
        if (!(visitors >= 0)) failed = true
        else for (const element of elements) if (element.textContent !== text) element.textContent = text
      } catch {
        failed = true
      }
    delay = failed ? Math.min(delay * 2, LONGEST_INTERVAL_MS) : interval
    if (own === polls) schedule()
  }
  const schedule = () => {
    clearTimeout(timer)
    if (document.visibilityState !== 'hidden') timer = setTimeout(poll, delay)
  }
  const wake = () => {
    clearTimeout(timer)
    if (document.visibilityState !== 'hidden') void poll()
  }

  document.addEventListener('visibilitychange', wake)
  wake()
  return () => {
    document.removeEventListener('visibilitychange', wake)
    clearTimeout(timer)
    polls = NaN
  }
}

function numberFormat(lang: string): Intl.NumberFormat {
  try {
    return new Intl.NumberFormat(lang || undefined)
  } catch {
    // `Intl.NumberFormat` throws if `lang` is not a BCP 47 tag, for example `en_US`.
    return new Intl.NumberFormat()
  }
}
