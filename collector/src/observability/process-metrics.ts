import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import type { Registry } from './registry.js'

// Wakes the process 50 times a second, which is not measurable, and sees what holds it up longer than that.
const RESOLUTION_MS = 20
const NS = 1e-9

/** Memory, processor and event loop of this process, under the names that other exporters use where there are such. */
export function addProcessMetrics({ gauge, readCounter }: Registry): { close(): void } {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  gauge({
    name: 'nodejs_eventloop_lag_p99_seconds',
    help: 'The 99th percentile of the event loop delay since it was last asked for.',
    read() {
      const p99 = Math.max(0, delay.percentile(99) * NS - RESOLUTION_MS / 1000)
      delay.reset()
      return p99
    },
  })
  readCounter({
    name: 'nodejs_eventloop_active_seconds_total',
    help: 'Time the event loop was busy: its rate is 1 when it can do no more.',
    read: () => performance.eventLoopUtilization().active / 1000,
  })
  gauge({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory, without that of the embedded engine.',
    read: () => process.memoryUsage.rss(),
  })
  gauge({
    name: 'nodejs_heap_size_used_bytes',
    help: 'Used memory of the JavaScript heap.',
    read: () => process.memoryUsage().heapUsed,
  })
  readCounter({
    name: 'process_cpu_seconds_total',
    help: 'User and system time.',
    read: () => sumOf(process.cpuUsage()) / 1e6,
  })
  gauge({
    name: 'process_start_time_seconds',
    help: 'When the process started, in seconds since the epoch.',
    read: () => performance.timeOrigin / 1000,
  })
  return { close: () => void delay.disable() }
}

function sumOf({ user, system }: NodeJS.CpuUsage): number {
  return user + system
}
