import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { FeedPage, FeedPosition } from '../../ingest/event-store.js'
import { comparePositions, formatCursor, laterOf } from './feed-cursor.js'
import type { FeedListener, SiteFeed } from './site-feed.js'
import { formatHit, formatMessage } from './sse.js'

export interface StreamIntervals {
  /** The live count is told again after this long, though it did not change. */
  liveAgainMs: number
  heartbeatMs: number
  /** How often the key is looked at. */
  checkMs: number
  /** A reader that does not empty the buffer in this time is cut off. */
  drainMs: number
}

interface StreamOptions {
  /** Its head is written. */
  output: ServerResponse
  feed: SiteFeed
  /** The last event that the reader has. */
  from: FeedPosition
  /** Whether the key may still read the site. */
  isAllowed: () => Promise<boolean>
  intervals: StreamIntervals
  now: () => number
}

/** Events received longer ago are not told to whoever comes back. */
export const LOOK_BACK_MS = 60 * 60 * 1000
const MAX_BUFFERED_BYTES = 256 * 1024
const RECONNECT_AFTER_MS = 3_000

/**
 * Writes the events of a site to one reader, in their order and each once, from `from` on. Returns how to end it.
 *
 * A reader that is behind, because it comes back or reads slowly, reads from the store at its own pace until it is level with the
 * feed. So the buffer of a reader is bounded, whatever happens at the site.
 */
export function startStream({ output, feed, from, isAllowed, intervals, now }: StreamOptions): () => void {
  let position = from
  let isBehind = true
  let [toldVisitors, toldAt, toldSummary] = [-1, 0, '']

  const isFull = () => output.writableLength >= MAX_BUFFERED_BYTES
  const isOver = () => output.writableEnded || output.destroyed
  const send = (text: string) => void (!isFull() && !isOver() && output.write(text))

  /** Whether all of the page found room. */
  function tellHits({ events, end }: FeedPage): boolean {
    for (const event of events) {
      if (comparePositions(event, position) <= 0) continue
      if (isFull()) return false
      output.write(formatHit(event))
      position = event
    }
    position = laterOf(position, end)
    return true
  }

  async function catchUp(): Promise<void> {
    isBehind = true
    const since = now() - LOOK_BACK_MS
    while (!isOver()) {
      if (isFull()) await once(output, 'drain', { signal: AbortSignal.timeout(intervals.drainMs) })
      // What the feed has told until now is in the store, and will be in this page or was in one before.
      const told = feed.position()
      const page = await feed.readAfter(position, since)
      if (isOver() || !tellHits(page) || page.isMore) continue
      position = laterOf(position, told)
      if (comparePositions(position, feed.position()) < 0) continue
      isBehind = false
      return
    }
  }

  // Whoever cannot catch up, because it does not read or the store is away, comes back with the last id it has.
  const cut = () => void output.destroy()

  const listener: FeedListener = {
    takeEvents(page) {
      if (!isBehind && !isOver() && !tellHits(page)) catchUp().catch(cut)
    },
    takeLive(visitors) {
      const at = performance.now()
      if (visitors === toldVisitors && at - toldAt < intervals.liveAgainMs) return
      ;[toldVisitors, toldAt] = [visitors, at]
      send(formatMessage('live', { visitors }))
    },
    takeSummary(summary) {
      const text = formatMessage('analytics', summary)
      if (text !== toldSummary) send((toldSummary = text))
    },
  }

  // An id without data is no event, but whoever is cut off before the first event resumes here.
  output.write(`retry: ${RECONNECT_AFTER_MS}\nid: ${formatCursor(position)}\n\n`)
  feed.join(listener)
  catchUp().catch(cut)
  const heartbeats = setInterval(() => send(':\n\n'), intervals.heartbeatMs)
  const stopChecking = repeat(async () => {
    if (!(await isAllowed())) output.end()
  }, intervals.checkMs)
  output.once('close', () => {
    feed.leave(listener)
    clearInterval(heartbeats)
    stopChecking()
  })
  return () => void output.end()
}

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
