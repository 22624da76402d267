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

let isListening = false

/** Adds a handler of clicked links. The one of the lowest rank is asked first, whichever kind starts first. */
export const onLinkClick = (rank: 0 | 1, handler: LinkHandler): void => {
  handlers[rank] = handler
  if (isListening) return
  isListening = true
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
