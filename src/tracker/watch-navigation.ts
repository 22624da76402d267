import { page } from './page.js'

/**
 * Counts every navigation within the page: pushState, replaceState, back and forward.
 *
 * WebKit has no event for the first two, so the functions are wrapped. The count comes in a task of its
 * own: by then a router has set the title, and a redirect (push, then replace at once) has settled.
 */
export const watchNavigation = (): void => {
  ;(['pushState', 'replaceState'] as const).map((method) => {
    const original = history[method]
    history[method] = (...args) => {
      original.apply(history, args)
      setTimeout(page)
    }
  })
  addEventListener('popstate', () => setTimeout(page))
  // Shown again from the back/forward cache, which forgot it on pagehide.
  addEventListener('pageshow', (event) => event.persisted && page())
}
