import { createElement } from './create-element.js'

/** Fills the view and returns its title. */
export type View = (view: HTMLElement) => string

/** Fills the view for an address that the app does not have. */
const showMissing: View = (view) => {
  view.append(createElement('h1', {}, 'There is no such page in this app'))
  return 'Not found'
}

/**
 * Shows the view of the current path, and changes it on links and forms within the app, back and forward. The server does
 * not know which views there are: a `meta` element says to the tracker that there is none.
 */
export function startRouter(views: Record<string, View>): void {
  const view = document.getElementById('view')!

  const show = () => {
    const known = views[location.pathname]
    document.querySelector('meta[name=zenovay-status]')?.remove()
    if (!known) document.head.append(createElement('meta', { name: 'zenovay-status', content: '404' }))
    view.replaceChildren()
    document.title = `${(known ?? showMissing)(view)} – Quillbrook`
    for (const link of document.querySelectorAll<HTMLAnchorElement>('nav a')) {
      if (link.pathname === location.pathname) link.ariaCurrent = 'page'
      else link.removeAttribute('aria-current')
    }
  }

  const open = (url: string) => {
    if (url !== location.href) history.pushState(null, '', url)
    show()
    view.focus()
  }

  document.addEventListener('click', (event) => {
    const link = (event.target as Element).closest('a')
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey
    if (!link || !plain || link.origin !== location.origin || !link.pathname.startsWith('/app/')) return
    event.preventDefault()
    open(link.href)
  })
  // A form within the app is a search: its fields become the query of the address.
  document.addEventListener('submit', (event) => {
    event.preventDefault()
    const form = event.target as HTMLFormElement
    const query = new URLSearchParams(new FormData(form) as unknown as Record<string, string>)
    open(`${form.action.split('?')[0]}?${query}`)
  })
  addEventListener('popstate', show)
  show()
}
