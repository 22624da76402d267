/** A link to a page that was visited; plain text when its address is not http(s). */
export function createPageLink(address: string, { withHost }: { withHost: boolean }): HTMLElement {
  const url = URL.canParse(address) ? new URL(address) : undefined
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:'
  const element = document.createElement(isWeb ? 'a' : 'bdi')
  element.dir = 'auto'
  element.textContent =
    url && isWeb ? (withHost ? url.host : '') + decode(url.pathname + url.search) : address
  element.title = address
  if (element instanceof HTMLAnchorElement) {
    element.href = address
    element.target = '_blank'
    element.rel = 'noopener noreferrer nofollow'
  }
  return element
}

/** `%C3%A9` as é; but what is invisible or turns text around stays encoded, or it could pass for another page. */
function decode(path: string): string {
  try {
    const decoded = decodeURI(path)
    return /[\p{C}\p{Zl}\p{Zp}]/u.test(decoded) ? path : decoded
  } catch {
    return path
  }
}
