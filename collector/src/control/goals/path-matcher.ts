import type { PathRule } from './goal.js'

// The wildcards of a glob; its other units are UTF-16 code units.
const ANY_IN_SEGMENT = -1
const ANY = -2
const SLASH = 47

/** Creates a function that checks a path against a rule. */
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

/** Splits a glob into texts and stars, `*` or `**`. More than two stars in a row count as two. */
export function splitGlob(glob: string): string[] {
  return glob
    .split(/(\*+)/)
    .map((part) => (part.startsWith('**') ? '**' : part))
    .filter((part) => part !== '')
}

/**
 * Tracks all positions in the glob that the path so far can match, without backtracking. The work is at most
 * the length of the path times that of the glob, which a regular expression with several stars does not
 * guarantee.
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

  /** Also enters the position after a star, which may match nothing. */
  const enter = (of: Uint8Array, position: number) => {
    for (; of[position] === 0; position++) {
      of[position] = 1
      if (position === end || units[position]! >= 0) return
    }
  }

  return (candidate) => {
    // A fast check that rejects most paths.
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
