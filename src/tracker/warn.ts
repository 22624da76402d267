const seen: Record<string, boolean> = {}

/** Logs a warning to the console for the page's developer. The same text is logged only once. */
export const warn = (subject: unknown, problem: unknown): void => {
  const text = `${subject} ${problem}`
  if (!seen[text]) console.warn('zenovay:', subject, problem)
  seen[text] = true
}
