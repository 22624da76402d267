import { randomInt } from 'node:crypto'

// Without 0, 1, I and O, which are taken for each other.
const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'

/** Capitals and digits that nobody can guess, for ids. */
export function randomText(length: number): string {
  return Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
}
