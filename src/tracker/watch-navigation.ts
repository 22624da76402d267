import { page } from './page.js'

// Routers set the title some tasks after the URL, and redirect by replacing the URL.
const SETTLED_MS = 100

const pageLater = () => setTimeout(page, SETTLED_MS)

/**
 * Sends a pageview for every navigation within the page: pushState, replaceState, back and forward.
 *
 * WebKit has no event for the first two, so the functions are wrapped. A proxy keeps the name, the length and
 * the properties that other scripts gave them. The pageview waits until title and URL have settled: a URL
 * abandoned before that is not counted.
 */
export const watchNavigation = (): void => {
  ;(['pushState', 'replaceState'] as const).forEach((method) => {
    history[method] = new Proxy(history[method], {
      apply(target, thisArg, args) {
        pageLater()
        return target.apply(thisArg, args as Parameters<typeof target>)
      },
    })
  })
  addEventListener('popstate', pageLater)
}
