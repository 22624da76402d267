const MAX_TEXT_LENGTH = 100
const PRIVATE =
  '[data-private],input,textarea,select,option,script,style,[contenteditable]:not([contenteditable=false])'

/** Reads an attribute, also of a form in which an input named `getAttribute` hides the method. */
export const attributeOf = (element: Element, name: string): string | null =>
  Element.prototype.getAttribute.call(element, name)

/** Whether text of the node must not be read, because of the node itself or of what it is in. */
const isPrivate = (element: Element | undefined): boolean =>
  !!element &&
  (!!Element.prototype.closest.call(element, PRIVATE) ||
    isPrivate((Node.prototype.getRootNode.call(element) as ShadowRoot).host))

const collapse = (text: string | null | undefined): string =>
  (text || '').replace(/\s+/g, ' ').trim().slice(0, MAX_TEXT_LENGTH)

/** See `Tools`. */
export const textOf = (element: Element): string => {
  if (isPrivate(element)) return ''
  let text = ''
  // Not `textContent` of the whole: it may be an article, or have a private part.
  const nodes = document.createTreeWalker(element, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, (node) =>
    node instanceof Element
      ? node.matches(PRIVATE)
        ? NodeFilter.FILTER_REJECT
        : NodeFilter.FILTER_SKIP
      : NodeFilter.FILTER_ACCEPT,
  )
  while (text.length <= MAX_TEXT_LENGTH && nodes.nextNode())
    text = `${text}${nodes.currentNode.nodeValue}`.replace(/\s+/g, ' ').trimStart()
  const image = element.querySelector('[alt]') || element
  return (
    collapse(text) ||
    collapse(attributeOf(element, 'aria-label')) ||
    (isPrivate(image) ? '' : collapse(attributeOf(image, 'alt')))
  )
}
