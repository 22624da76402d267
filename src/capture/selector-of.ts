const MAX_ELEMENTS = 4
// Generated names have digits, colons or capitals in them, as `css-1x2y3z`, `:r4:` and `Button_root__aB9xQ`. They differ in
// each build, so that reports would never group them.
const IS_WRITTEN = /^[a-z_-]{1,24}$/

/**
 * A short selector of an element: up to four elements, from the nearest one with an ID inwards, each with its ID or else
 * its first class, unless these are generated: `form#order div.total button`.
 */
export const selectorOf = (element: Element | null, left = MAX_ELEMENTS): string => {
  if (!element || !left) return ''
  const find = (attribute: string, sign: string) => {
    const name = element
      .getAttribute(attribute)
      ?.split(' ')
      .find((one) => IS_WRITTEN.test(one))
    return name ? sign + name : ''
  }
  const id = find('id', '#')
  return `${id ? '' : selectorOf(element.parentElement, left - 1)} ${element.localName}${id || find('class', '.')}`.trim()
}
