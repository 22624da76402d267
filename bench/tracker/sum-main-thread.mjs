// @ts-check
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
 * Sums the work of a page's main thread in microseconds: `script` of the page, and all `tasks`.
 *
 * Thread time (`tdur`), not wall time, because it stops while other processes have the core. Nested slices
 * of the same kind are counted once. Garbage collection and compiling on other threads are not script.
 */
export function sumMainThread(events, url) {
  const parse = events.find(({ name, args }) => name === 'ParseHTML' && args.beginData?.url === url)
  if (!parse) throw new Error(`the trace does not show ${url}`)
  const slices = events
    .filter(({ ph, pid, tid }) => ph === 'X' && pid === parse.pid && tid === parse.tid)
    .sort((a, b) => a.ts - b.ts || b.dur - a.dur)
  return {
    script: sumOutermost(slices.filter(({ name }) => SCRIPT_SLICES.has(name))),
    tasks: sumOutermost(slices.filter(({ name }) => name === TASK_SLICE)),
  }
}

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
