/** Tells the page's developer what is wrong with what, once for each text. */
export const warn = (what: unknown, why: unknown): void => {
  // The function is its own memory of what it said.
  ;(warn as unknown as Record<string, boolean>)[(what as string) + (why as string)] ||= !(console.warn(
    'zenovay:',
    what,
    why,
  ) as unknown)
}
