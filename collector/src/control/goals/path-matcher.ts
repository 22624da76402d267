import type { PathRule } from './goal.js'

// Codes for the wildcards of a glob. They are negative, so that they differ from all UTF-16 code units.
const ANY_IN_SEGMENT = -1
const ANY = -2
const SLASH = 47

/** Creates a function that checks whether a path matches a rule. */
export function createPathMatcher({
  match,
  path,
}: Pick<PathRule, 'match' | 'path'>): (candidate: string) => boolean {
  switch (match) {
    case 'exact':
      return (candidate) => candidate === path
    case 'prefix':
      return (candidate) => candidate.startsWith(path)
    case 'glob':
      return createGlobMatcher(path)
  }
}

/**
 * Splits a glob into literal text and the wildcards `*` and `**`. More than two consecutive stars are treated
 * as `**`.
 */
export function splitGlob(glob: string): string[] {
  return glob
    .split(/(\*+)/)
    .map((part) => (part.startsWith('**') ? '**' : part))
    .filter((part) => part !== '')
}

/**
 * Creates a function that matches paths against a glob without backtracking. The number of steps is at most
 * the path length multiplied by the glob length. A regular expression does not guarantee such a limit.
 */
function createGlobMatcher(glob: string): (candidate: string) => boolean {
  const parts = splitGlob(glob)
  const units = Int32Array.from(
    parts.flatMap((part) =>
      part === '**'
        ? [ANY]
        : part === '*'
          ? [ANY_IN_SEGMENT]
          : Array.from({ length: part.length }, (_, index) => part.charCodeAt(index)),
    ),
  )
  const [head = ''] = glob.split('*', 1)
  const end = units.length
  let positions = new Uint8Array(end + 1)
  let next = new Uint8Array(end + 1)

  /**
   * Adds a position in the glob. If a wildcard is at this position, also adds the next position, because the
   * wildcard may match nothing.
   */
  const enter = (of: Uint8Array, position: number) => {
    for (; of[position] === 0; position++) {
      of[position] = 1
      if (position === end || units[position]! >= 0) return
    }
  }

  return (candidate) => {
    // Reject most paths quickly, by comparing the text before the first wildcard.
    if (!candidate.startsWith(head)) return false
    positions.fill(0)
    enter(positions, head.length)
    for (let index = head.length; index < candidate.length; index++) {
      const unit = candidate.charCodeAt(index)
      let canMatch = false
      next.fill(0)
      for (let position = head.length; position < end; position++) {
        if (positions[position] === 0) continue
        const expected = units[position]!
        if (expected === unit) enter(next, position + 1)
        else if (expected === ANY || (expected === ANY_IN_SEGMENT && unit !== SLASH)) enter(next, position)
        else continue
        canMatch = true
      }
      if (!canMatch) return false
      ;[positions, next] = [next, positions]
    }
    return positions[end] === 1
  }
}
