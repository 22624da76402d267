import type { MetricType } from 'web-vitals'
import { onCLS } from 'web-vitals/onCLS.js'
import { onFCP } from 'web-vitals/onFCP.js'
import { onINP } from 'web-vitals/onINP.js'
import { onLCP } from 'web-vitals/onLCP.js'
import { onTTFB } from 'web-vitals/onTTFB.js'
import type { OutgoingEvent } from '../tracker/tracker-options.js'
import { flush, guard, options, send, when, type Kind } from './core.js'
import { COUNTED, FORGOTTEN } from './moments.js'
import { selectorOf } from './selector-of.js'

/** A navigation that has ended gets its last values within this time: the library waits up to 1 s for an idle moment. */
const END_MS = 2_000

/** What the entries of the metrics say of elements. */
interface MeasuredEntry {
  name?: string
  element?: Element | null
  target?: Node | null
  sources?: { node?: Node | null }[]
  /** Of a layout shift. */
  value?: number
}

type Properties = NonNullable<OutgoingEvent['properties']>

/** What was measured of one navigation: the load of the document, a soft one, or a return from the back/forward cache. */
interface Navigation {
  /** When it began, in ms since the page load; 0 is the load. */
  start: number
  url: string
  /** The pageview that was counted for it. */
  page: OutgoingEvent
  /** Whether a value has changed since it was sent. */
  isChanged?: boolean
  properties: Properties
}

/**
 * Web vitals: one `performance` event for each navigation, when it ends or the page hides, with `lcp`, `cls`, `inp`, `fcp`
 * and `ttfb`, as far as the engine measures them, and their ratings in `lcp_rating` and so on; `navigation_type`; `view`,
 * the `event_id` of its pageview; and `nav`, its number in this page load. Again with the same `view` and `nav` if a value
 * changed later. Times are in ms.
 *
 * With the option `vitalsElements`, also selectors of the elements that were measured: `lcp_element`, `cls_element` and
 * `inp_element`.
 */
export const vitals: Kind = () => {
  let navigations: Navigation[] = []
  /** Start of the newest navigation. One that began before it, and is not in the list, is not measured. */
  let newest = -1

  const sendChanged = guard((end?: number) =>
    navigations.slice(0, end).forEach((navigation) => {
      const { page, url, properties } = navigation
      if (navigation.isChanged)
        navigation.isChanged = !send(
          { event_type: 'performance', url, properties: { ...properties, view: page.event_id! } },
          page,
        )
    }),
  )

  const report = guard((metric: MetricType) => {
    const { navigationType, navigationStartTime: start = 0 } = metric
    const { page } = options
    const isSoft = navigationType === 'soft-navigation'
    let navigation = navigations.find((one) => one.start === start)
    if (!navigation && page && start > newest) {
      newest = start
      navigation = {
        start,
        url: isSoft ? metric.navigationURL!.replace(options.hash === 'true' ? '' : /#.*/, '') : page.url!,
        page,
        properties: { navigation_type: navigationType, nav: navigations.length },
      }
      navigations.push(navigation)
      // Those before have ended.
      setTimeout(sendChanged, END_MS, -1)
    }
    // Nothing is requested for a soft navigation, so that the library reports 0.
    if (!navigation || (isSoft && metric.name === 'TTFB')) return
    const key = metric.name.toLowerCase()
    // Times are often 23.400000005960464.
    const value = +metric.value.toFixed(4)
    const { properties } = navigation
    if (properties[key] !== value) navigation.isChanged = true
    properties[key] = value
    properties[`${key}_rating`] = metric.rating
    const [node] = (metric.entries as MeasuredEntry[])
      .map(({ element, target, sources }) => element || target || sources?.[0]?.node)
      .filter((one) => one)
    if ('vitalsElements' in options && node)
      properties[`${key}_element`] = selectorOf(node instanceof Element ? node : node.parentElement)
  })

  when(COUNTED, () => {
    // A soft navigation may be measured before its page is counted, which waits for its title.
    const navigation = navigations.at(-1)
    const page = options.page!
    if (
      navigation &&
      page.url === navigation.url &&
      (navigation.page.url !== page.url || navigation.page === navigations.at(-2)?.page)
    )
      navigation.page = page
  })
  when(FORGOTTEN, () => {
    navigations = []
    newest = performance.now()
  })

  // Every change, because the library would keep the interaction that hides the page to itself.
  ;[onFCP, onTTFB, onLCP, onCLS, onINP].forEach((measure) =>
    measure(report, { reportAllChanges: true, reportSoftNavs: true }),
  )
  // The library listens on window, and reports its last values before the event gets to the document.
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) {
      sendChanged()
      flush()
    }
  })
}
