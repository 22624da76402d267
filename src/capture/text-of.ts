const MAX_TEXT_LENGTH = 100
const PRIVATE =
  '[data-private],input,textarea,select,script,style,[contenteditable]:not([contenteditable=false])'

// Of `NodeFilter`.
const ELEMENTS_AND_TEXTS = 5
const ACCEPT = 1
const REJECT = 2
const SKIP = 3

/** Whether text of the element must not be read, because of itself or of what it is in. */
export const isPrivate = (element?: Element): unknown =>
  element && (element.closest(PRIVATE) || isPrivate((element.getRootNode() as ShadowRoot).host))

const collapse = (text: string | null): string =>
  (text || '').replace(/\s+/g, ' ').trim().slice(0, MAX_TEXT_LENGTH)

/**
 * Text of an element: its content, else `aria-label`, else the `alt` of an image in it; spaces collapsed, at most 100
 * characters. Nothing from within `[data-private]`, form controls and editable text.
 */
export const textOf = (element: Element): string => {
  if (isPrivate(element)) return ''
  // Not `textContent`: the element may be a whole article, or have a private part.
  const nodes = document.createTreeWalker(element, ELEMENTS_AND_TEXTS, (node) =>
    node instanceof Text ? ACCEPT : (node as Element).matches(PRIVATE) ? REJECT : SKIP,
  )
  let text = ''
  while (text.length <= MAX_TEXT_LENGTH && nodes.nextNode())
    text = `${text}${(nodes.currentNode as Text).data}`.replace(/\s+/g, ' ')
  const image = element.querySelector('[alt]') || element
  return (
    collapse(text) ||
    collapse(element.getAttribute('aria-label')) ||
    (isPrivate(image) ? '' : collapse(image.getAttribute('alt')))
  )
}
