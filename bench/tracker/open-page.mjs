// @ts-check
/**
 * Runs `measure` with a page in a fresh context. Rejects if a script of the page throws, unless `isTolerant`.
 */
export async function openPage({ browser, userAgent }, measure, isTolerant = false) {
  const context = await browser.newContext({ userAgent })
  try {
    const page = await context.newPage()
    const errors = []
    page.on('pageerror', (error) => errors.push(error))
    const result = await measure(page, await context.newCDPSession(page))
    if (errors.length > 0 && !isTolerant) throw errors[0]
    return result
  } finally {
    await context.close()
  }
}
