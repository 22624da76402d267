const MAX_NAME_LENGTH = 100
// Names are printed in tables, one thing a line.
// eslint-disable-next-line no-control-regex
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f]/

/** What a name must be, to be put behind the field. */
export const NAME_RULE = `must be a text of 1 to ${MAX_NAME_LENGTH} characters on one line`

/** What somebody calls a site, a key or an account, without spaces around it; undefined when it is no such text. */
export function parseName(value: unknown): string | undefined {
  const name = typeof value === 'string' ? value.trim() : ''
  return name && name.length <= MAX_NAME_LENGTH && !CONTROL_CHARACTER.test(name) ? name : undefined
}
