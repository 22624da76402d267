import { page } from './page.js'

// Routers set the title some tasks after the address, and redirect by replacing it.
const SETTLED_MS = 100

const later = () => setTimeout(page, SETTLED_MS)

/**
 * Counts every navigation within the page: pushState, replaceState, back and forward.
 *
 * WebKit has no event for the first two, so the functions are wrapped; as proxies they keep the name, length and
 * marks that other scripts gave them. The count comes when title and address have settled: an address that is left before is none.
 */
export const watchNavigation = (): void => {
  ;(['pushState', 'replaceState'] as const).map(
    (method) =>
      (history[method] = new Proxy(history[method], {
        apply(target, history, args) {
          later()
          return target.apply(history, args as Parameters<typeof target>)
        },
      })),
  )
  addEventListener('popstate', later)
}
