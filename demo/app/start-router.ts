/** Fills the view and returns its title. */
export type View = (view: HTMLElement) => string

/** Shows the view of the current path, and changes it on links within the app, back and forward. */
export function startRouter(views: Record<string, View>): void {
  const view = document.getElementById('view')!

  const show = () => {
    view.replaceChildren()
    document.title = `${views[location.pathname]?.(view) ?? 'Not found'} – Quillbrook`
    for (const link of document.querySelectorAll<HTMLAnchorElement>('nav a')) {
      if (link.pathname === location.pathname) link.ariaCurrent = 'page'
      else link.removeAttribute('aria-current')
    }
  }

  document.addEventListener('click', (event) => {
    const link = (event.target as Element).closest('a')
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey
    if (!link || !plain || link.origin !== location.origin || !views[link.pathname]) return
    event.preventDefault()
    if (link.href !== location.href) history.pushState(null, '', link.href)
    show()
    view.focus()
  })
  addEventListener('popstate', show)
  show()
}
