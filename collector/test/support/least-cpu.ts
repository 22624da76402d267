/**
 * CPU time of `run` in milliseconds, the least of three runs: other load on the machine takes no CPU time of
 * this process, and a garbage collection affects one run, but slow code is slow in each.
 */
export function leastCpuMs(run: () => void): number {
  return Math.min(
    ...[1, 2, 3].map(() => {
      const start = process.cpuUsage()
      try {
        run()
      } catch {
        // Code that throws must be just as fast.
      }
      const { user, system } = process.cpuUsage(start)
      return (user + system) / 1000
    }),
  )
}
