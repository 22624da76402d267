const PATIENCE_MS = 1_500

/**
 * Asks whether the store can be reached, and says no after 1.5 seconds.
 *
 * However many ask, the store is asked once at a time: a flood of health checks must not become a flood of queries.
 */
export function createStoreProbe(
  isReachable: () => Promise<boolean>,
  patienceMs = PATIENCE_MS,
): () => Promise<boolean> {
  let underWay: Promise<boolean> | undefined
  return async () => {
    underWay ??= isReachable()
      .catch(() => false)
      .finally(() => (underWay = undefined))
    let timer: NodeJS.Timeout | undefined
    const impatience = new Promise<boolean>((resolve) => (timer = setTimeout(resolve, patienceMs, false)))
    const verdict = await Promise.race([underWay, impatience])
    clearTimeout(timer)
    return verdict
  }
}
