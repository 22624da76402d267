import { randomInt } from 'node:crypto'

// The alphabet omits 0, 1, I and O, which look alike.
const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'

/** Unguessable capitals and digits, for ids. */
export function randomText(length: number): string {
  return Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
}
