import type { Tools } from './kind.js'

/** A link that was clicked. */
export interface ClickedLink {
  element: Element
  url: URL
}

/** Handles a clicked link. Returns whether it was its own, so that no other handler is asked. */
type LinkHandler = (link: ClickedLink) => unknown

const handlers: LinkHandler[] = []

/** Adds a handler of clicked links, `first` in the order if it goes before the others. */
export const onLinkClick = (tools: Tools, handler: LinkHandler, first?: boolean): void => {
  const { listen, attributeOf } = tools
  if (handlers.length === 0)
    ['click', 'auxclick'].forEach((type) =>
      listen(type, (event, path) => {
        // A click of the middle button is an `auxclick`, and so is a right click, which opens a menu.
        if ((event as MouseEvent).button !== (type === 'click' ? 0 : 1)) return
        const element = path.find(
          (node) => /^(a|area)$/i.test(node.localName) && hrefOf(node, attributeOf) !== null,
        )
        const url = element && parseUrl(hrefOf(element, attributeOf)!, element.baseURI)
        if (url) handlers.some((handle) => handle({ element, url }))
      }),
    )
  handlers[first ? 'unshift' : 'push'](handler)
}

// Not the property: it is an object in SVG.
const hrefOf = (element: Element, attributeOf: Tools['attributeOf']): string | null =>
  attributeOf(element, 'href') ?? attributeOf(element, 'xlink:href')

const parseUrl = (href: string, base: string): URL | undefined => {
  try {
    return new URL(href, base)
  } catch {
    // Such a link leads nowhere.
  }
  return undefined
}
