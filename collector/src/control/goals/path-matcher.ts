import type { PathRule } from './goal.js'

// What a unit of a glob is, where it is no UTF-16 unit.
const ANY_IN_SEGMENT = -1
const ANY = -2
const SLASH = 47

/** Tells whether a path is one that the rule means. */
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

/** The texts of a glob and what stands between them, `*` or `**`; more stars in a row are two. */
export function splitGlob(glob: string): string[] {
  return glob
    .split(/(\*+)/)
    .map((part) => (part.startsWith('**') ? '**' : part))
    .filter((part) => part !== '')
}

/**
 * All places of the glob that a beginning of the path can have come to are kept at once, and none is ever gone back to: the work
 * is at most the length of the path times that of the glob, which a regular expression with several stars does not promise.
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
  let places = new Uint8Array(end + 1)
  let next = new Uint8Array(end + 1)

  /** A star may stand for nothing. */
  const enter = (of: Uint8Array, place: number) => {
    for (; of[place] === 0; place++) {
      of[place] = 1
      if (place === end || units[place]! >= 0) return
    }
  }

  return (candidate) => {
    // Most paths end here.
    if (!candidate.startsWith(head)) return false
    places.fill(0)
    enter(places, head.length)
    for (let index = head.length; index < candidate.length; index++) {
      const unit = candidate.charCodeAt(index)
      let isAlive = false
      next.fill(0)
      for (let place = head.length; place < end; place++) {
        if (places[place] === 0) continue
        const wanted = units[place]!
        if (wanted === unit) enter(next, place + 1)
        else if (wanted === ANY || (wanted === ANY_IN_SEGMENT && unit !== SLASH)) enter(next, place)
        else continue
        isAlive = true
      }
      if (!isAlive) return false
      ;[places, next] = [next, places]
    }
    return places[end] === 1
  }
}
