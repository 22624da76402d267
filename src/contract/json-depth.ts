const QUOTE = 34
const BACKSLASH = 92
const OPEN_BRACKET = 91
const CLOSE_BRACKET = 93
const OPEN_BRACE = 123
const CLOSE_BRACE = 125

/**
 * Whether a JSON text nests more than `limit` arrays and objects.
 *
 * The depth is checked before parsing. A 64 KB text can contain 32,000 nested arrays, and serialising them
 * would overflow the stack.
 */
export function isDeeperThan(json: string, limit: number): boolean {
  if (!hasMoreThan(json, limit)) return false
  let depth = 0
  let inString = false
  for (let i = 0; i < json.length; i++) {
    const char = json.charCodeAt(i)
    if (inString) {
      if (char === BACKSLASH) i++
      else if (char === QUOTE) inString = false
    } else if (char === QUOTE) inString = true
    else if (char === OPEN_BRACKET || char === OPEN_BRACE) {
      if (++depth > limit) return true
    } else if (char === CLOSE_BRACKET || char === CLOSE_BRACE) depth--
  }
  return false
}

/**
 * Whether a text contains more than `limit` opening brackets and braces, including those in strings. This
 * cheap check comes first, because most texts contain fewer.
 */
function hasMoreThan(json: string, limit: number): boolean {
  let opened = 0
  for (const bracket of '[{')
    for (let at = json.indexOf(bracket); at >= 0; at = json.indexOf(bracket, at + 1))
      if (++opened > limit) return true
  return false
}
