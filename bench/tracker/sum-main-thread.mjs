// @ts-check
/**
 * A slice or a mark of a trace. Times are in microseconds.
 *
 * @typedef {{
 *   name: string
 *   ph: string
 *   pid: number
 *   tid: number
 *   ts: number
 *   dur: number
 *   tdur?: number
 *   args: any
 * }} TraceEvent
 */

// Every way in which the browser enters script of a page, including the work of the script: compiling,
// styles, layout.
const SCRIPT_SLICES = new Set([
  'EvaluateScript',
  'v8.compile',
  'FunctionCall',
  'TimerFire',
  'EventDispatch',
  'BlinkScheduler_PerformMicrotaskCheckpoint',
  'XHRReadyStateChange',
  'XHRLoad',
  'FireAnimationFrame',
  'FireIdleCallback',
])
const TASK_SLICE = 'ThreadControllerImpl::RunTask'

/**
 * Finds the main thread of the page with this URL.
 *
 * @type {(events: TraceEvent[], url: string) => TraceEvent}
 */
export const findPage = (events, url) =>
  find(events, ({ name, args }) => name === 'ParseHTML' && args.beginData?.url === url, url)

/**
 * Finds the main thread and the time of a `performance.mark`.
 *
 * @type {(events: TraceEvent[], mark: string) => TraceEvent}
 */
export const findMark = (events, mark) => find(events, ({ name }) => name === mark, mark)

/** @type {(events: TraceEvent[], isWanted: (event: TraceEvent) => boolean, what: string) => TraceEvent} */
function find(events, isWanted, what) {
  const event = events.find(isWanted)
  if (!event) throw new Error(`the trace does not show ${what}`)
  return event
}

/**
 * Sums the work of a page's main thread in microseconds: `script` of the page, all `tasks`, and `task`, the
 * script in the task of the found event.
 *
 * Thread time (`tdur`), not wall time, because it stops while other processes have the core. Nested slices
 * of the same kind are counted once. Garbage collection and compiling on other threads are not script.
 *
 * @type {(events: TraceEvent[], found: TraceEvent) => { script: number; tasks: number; task: number }}
 */
export function sumMainThread(events, { pid, tid, ts: time }) {
  const slices = events
    .filter((event) => event.ph === 'X' && event.pid === pid && event.tid === tid)
    .sort((a, b) => a.ts - b.ts || b.dur - a.dur)
  const script = slices.filter(({ name }) => SCRIPT_SLICES.has(name))
  const tasks = slices.filter(({ name }) => name === TASK_SLICE)
  const task = tasks.find(({ ts, dur }) => ts <= time && time <= ts + dur)
  return {
    script: sumOutermost(script),
    tasks: sumOutermost(tasks),
    task: sumOutermost(script.filter(({ ts }) => task && task.ts <= ts && ts < task.ts + task.dur)),
  }
}

/** @type {(slices: TraceEvent[]) => number} */
function sumOutermost(slices) {
  let sum = 0
  let end = -Infinity
  for (const { ts, dur, tdur } of slices) {
    if (ts < end) continue
    // Missing when the trace began or ended inside the slice.
    sum += tdur ?? 0
    end = ts + dur
  }
  return sum
}
