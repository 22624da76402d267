import { randomInt } from 'node:crypto'

// The alphabet omits 0, 1, I and O because they look alike.
const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'

/** Returns an unguessable text of capital letters and digits, for use in IDs. */
export function randomText(length: number): string {
  return Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
}
