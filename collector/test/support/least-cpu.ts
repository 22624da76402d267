/**
 * CPU time of `run`, in milliseconds, the least of three: a machine that is busy with something else takes no CPU
 * time from us, and a garbage collection hits one try, but what is slow by itself is slow each time.
 */
export function leastCpuMs(run: () => void): number {
  return Math.min(
    ...[1, 2, 3].map(() => {
      const start = process.cpuUsage()
      try {
        run()
      } catch {
        // What refuses must be as fast.
      }
      const { user, system } = process.cpuUsage(start)
      return (user + system) / 1000
    }),
  )
}
