const seen: Record<string, boolean> = {}

/** Warns the page's developer in the console, once for each text. */
export const warn = (subject: unknown, problem: unknown): void => {
  const text = `${subject} ${problem}`
  if (!seen[text]) console.warn('zenovay:', subject, problem)
  seen[text] = true
}
