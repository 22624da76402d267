import { resolveUrl } from './page-url.js'
import { lastAddress, lastTitle, page } from './page.js'
import { guard } from './warn.js'

// Routers redirect by replacing the URL.
const SETTLED_MS = 100
// Many routers set the title after the URL, and a script may run before the title arrives. A pageview waits
// for it at most this many times.
const MAX_CHECKS = 5

/** All navigations share one timer: only the last URL of a series is counted. */
let timer: unknown
/** URL that has settled, and whose pageview waits for the title. */
let pendingUrl = ''

/** Forgets a URL that has not been counted yet. */
export const stopWaiting = (): void => {
  clearTimeout(timer as number)
  pendingUrl = ''
}

/** Counts the page as soon as its title differs from that of the last one, or has had time to change. */
export const countSettledPage = guard((checks: number): void => {
  if (resolveUrl() === lastAddress && !pendingUrl) return
  pendingUrl ||= location.href
  if ((document.title === lastTitle && checks < MAX_CHECKS) || page(pendingUrl, pendingUrl))
    timer = setTimeout(countSettledPage, SETTLED_MS, checks + 1)
  else stopWaiting()
})

/** Counts a page that waits for its title now, because the visitor leaves it or does something on it. */
export const flushPage = (): void => {
  if (pendingUrl && !page(pendingUrl, pendingUrl)) stopWaiting()
}

/** Counts the page when its URL has settled: a URL abandoned before that is not counted. */
const pageLater = guard((): void => {
  flushPage()
  stopWaiting()
  timer = setTimeout(countSettledPage, SETTLED_MS, 0)
})

/**
 * Sends a pageview for every navigation within the page: pushState, replaceState, back and forward, and
 * navigations that a router intercepts with the Navigation API.
 *
 * Not every engine has an event for the first two, so the functions are wrapped. A proxy keeps the name, the
 * length and the properties that other scripts gave them.
 */
export const watchNavigation = (): void => {
  ;(['pushState', 'replaceState'] as const).forEach((method) => {
    const wrapped = new Proxy(history[method], {
      apply(target, thisArg, args) {
        pageLater()
        return target.apply(thisArg, args as Parameters<typeof target>)
      },
    })
    // The page may have a `Proxy` of its own, which makes something else.
    if (typeof wrapped === 'function') history[method] = wrapped
  })
  addEventListener('popstate', pageLater)
  ;(window as { navigation?: EventTarget }).navigation?.addEventListener('currententrychange', pageLater)
}
