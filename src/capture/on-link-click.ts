import { listen } from './core.js'

/** A link that was clicked. */
export interface ClickedLink {
  element: Element
  /** Where it leads. */
  url: URL
}

/** Handles a clicked link. Returns true if it was its own, so that no other handler is asked. */
type LinkHandler = (link: ClickedLink) => unknown

const handlers: LinkHandler[] = []

/** Adds a handler of clicked links, which is asked before those that were added earlier. */
export const onLinkClick = (handler: LinkHandler): void => {
  handlers.unshift(handler)
  if (handlers.length > 1) return
  ;['click', 'auxclick'].forEach((type) =>
    listen(type, (event, path) => {
      // The middle button fires `auxclick`, and so does the right one, which only opens a menu.
      if ((event as MouseEvent).button !== (type === 'click' ? 0 : 1)) return
      const element = path.find((node) => /^(a|area)$/i.test(node.localName) && hrefOf(node) !== null)
      if (!element) return
      let url: URL
      try {
        url = new URL(hrefOf(element)!, element.baseURI)
      } catch {
        // It leads nowhere.
        return
      }
      handlers.some((handle) => handle({ element, url }))
    }),
  )
}

// Not the property, which is an object in SVG.
const hrefOf = (element: Element): string | null =>
  element.getAttribute('href') ?? element.getAttribute('xlink:href')
