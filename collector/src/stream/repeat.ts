/** Runs a task at once and again a while after each run, until it is stopped. What fails is tried again with the next run. */
export function repeat(task: () => Promise<void>, pauseMs: number): () => void {
  let timer: NodeJS.Timeout
  let isOver = false
  const run = async () => {
    await task().catch(() => {})
    if (!isOver) timer = setTimeout(() => void run(), pauseMs)
  }
  void run()
  return () => {
    isOver = true
    clearTimeout(timer)
  }
}
