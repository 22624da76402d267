/**
 * A random id, 160 bits as decimal digits.
 *
 * `crypto.randomUUID` is missing on insecure origins, and any other base costs bytes of script.
 */
export const createId = (): string => crypto.getRandomValues(new Uint32Array(5)).join('')
