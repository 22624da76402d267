import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import type { Registry } from './registry.js'

// Shorter event loop delays are not measured. Measuring them every 20 ms has no measurable cost.
const RESOLUTION_MS = 20
const NS = 1e-9

/**
 * Adds metrics for the memory, CPU and event loop of this process. Their names follow the Prometheus client
 * libraries, if these define the metric.
 */
export function addProcessMetrics({ gauge, readCounter }: Registry): { close(): void } {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  gauge({
    name: 'nodejs_eventloop_lag_p99_seconds',
    help: '99th percentile of the event loop delay since the last scrape.',
    read() {
      const p99 = Math.max(0, delay.percentile(99) * NS - RESOLUTION_MS / 1000)
      delay.reset()
      return p99
    },
  })
  readCounter({
    name: 'nodejs_eventloop_active_seconds_total',
    help: 'Time the event loop was busy; a rate of 1 means it is saturated.',
    read: () => performance.eventLoopUtilization().active / 1000,
  })
  gauge({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory, without the embedded engine.',
    read: () => process.memoryUsage.rss(),
  })
  gauge({
    name: 'nodejs_heap_size_used_bytes',
    help: 'Used JavaScript heap.',
    read: () => process.memoryUsage().heapUsed,
  })
  readCounter({
    name: 'process_cpu_seconds_total',
    help: 'User and system CPU time.',
    read: () => totalOf(process.cpuUsage()) / 1e6,
  })
  gauge({
    name: 'process_start_time_seconds',
    help: 'Start time of the process, in seconds since the epoch.',
    read: () => performance.timeOrigin / 1000,
  })
  return { close: () => void delay.disable() }
}

function totalOf({ user, system }: NodeJS.CpuUsage): number {
  return user + system
}
