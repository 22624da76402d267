// @ts-check
/** The measured site. */
export const SITE = 'http://site.example'

// Subjects with which the others are compared.
export const OURS = 'z.js'
export const EMPTY = 'empty script'
export const FETCH = 'one-line fetch'
