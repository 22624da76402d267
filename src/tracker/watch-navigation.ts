import { page } from './page.js'

// Delay in milliseconds before a pageview is sent. Routers set the title shortly after the URL, and they
// redirect by replacing the URL.
const SETTLED_MS = 100

const pageLater = () => setTimeout(page, SETTLED_MS)

/**
 * Sends a pageview for every navigation within the page: pushState, replaceState, back and forward.
 *
 * WebKit has no event for `pushState` and `replaceState`, so both functions are wrapped. A proxy preserves
 * their names, lengths and any properties that other scripts added. The pageview is sent after a short delay.
 * A URL that is replaced before then is not counted.
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
