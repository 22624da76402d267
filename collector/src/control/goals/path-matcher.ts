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

const BITS = 32
const LAST_BIT = BITS - 1

/**
 * Creates a function that matches paths against a glob. It keeps the set of all positions in the glob that the text so
 * far can have reached, one bit for each, and moves 32 of them in one step (Baeza-Yates and Gonnet, "A new approach to
 * text searching", 1992). The number of steps is the path length multiplied by a 32nd of the glob length, whatever
 * both contain. A regular expression does not guarantee such a limit.
 */
function createGlobMatcher(glob: string): (candidate: string) => boolean {
  const units = splitGlob(glob).flatMap((part) =>
    part === '**'
      ? [ANY]
      : part === '*'
        ? [ANY_IN_SEGMENT]
        : Array.from({ length: part.length }, (_, index) => part.charCodeAt(index)),
  )
  const end = units.length
  const words = Math.floor(end / BITS) + 1
  const createSet = (isMember: (unit: number) => boolean) => {
    const set = new Int32Array(words)
    for (const [position, unit] of units.entries())
      if (isMember(unit)) set[position >>> 5]! |= 1 << (position & LAST_BIT)
    return set
  }
  const literals = new Map([...new Set(units)].map((unit) => [unit, createSet((other) => other === unit)]))
  const wildcards = createSet((unit) => unit < 0)
  const wideWildcards = createSet((unit) => unit === ANY)
  const none = new Int32Array(words)
  const [head = ''] = glob.split('*', 1)
  const positions = new Int32Array(words)

  return (candidate) => {
    // Reject most paths quickly, by comparing the text before the first wildcard.
    if (!candidate.startsWith(head)) return false
    positions.fill(0)
    positions[head.length >>> 5] = 1 << (head.length & LAST_BIT)
    // A wildcard may match nothing.
    if (units[head.length]! < 0) positions[(head.length + 1) >>> 5]! |= 1 << ((head.length + 1) & LAST_BIT)
    for (let index = head.length; index < candidate.length; index++) {
      const unit = candidate.charCodeAt(index)
      const matching = literals.get(unit) ?? none
      const staying = unit === SLASH ? wideWildcards : wildcards
      let [moved, skipped, any] = [0, 0, 0]
      for (let word = head.length >>> 5; word < words; word++) {
        const advancing = positions[word]! & matching[word]!
        let reached = (positions[word]! & staying[word]!) | (advancing << 1) | moved
        const skipping = reached & wildcards[word]!
        reached |= (skipping << 1) | skipped
        // The highest bit moves into the next word. Two wildcards are never adjacent, so that a skip leads to no other.
        moved = advancing >>> LAST_BIT
        skipped = skipping >>> LAST_BIT
        any |= positions[word] = reached
      }
      if (any === 0) return false
    }
    return ((positions[end >>> 5]! >>> (end & LAST_BIT)) & 1) === 1
  }
}
