import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { HOUR_MS } from '../../durations.js'
import type { FeedPage, FeedPosition } from '../../ingest/event-store.js'
import { comparePositions, formatFeedCursor, laterOf } from './feed-cursor.js'
import { type FeedListener, repeat, type SiteFeed } from './site-feed.js'
import { formatHit, formatMessage } from './sse.js'

export interface StreamIntervals {
  /** An unchanged live count is repeated after this time. */
  liveAgainMs: number
  heartbeatMs: number
  /** Interval between checks of the key. */
  checkMs: number
  /** A reader that does not drain its buffer in this time is disconnected. */
  drainMs: number
}

interface StreamOptions {
  /** The response, with its head written. */
  output: ServerResponse
  feed: SiteFeed
  /** Position of the last event that the reader has. */
  from: FeedPosition
  /** Whether the key may still read the site. */
  isAllowed: () => Promise<boolean>
  intervals: StreamIntervals
  now: () => number
}

/** A resuming reader gets no events received before this time. */
export const LOOK_BACK_MS = HOUR_MS
const MAX_BUFFERED_BYTES = 256 * 1024
const RECONNECT_AFTER_MS = 3_000

/**
 * Streams the events behind `from` to one reader, in order and each once. Returns a function that ends the
 * stream.
 *
 * A reader that is behind, because it resumes or reads slowly, is served from the store at its own pace until
 * it has caught up with the feed. So its buffer is bounded, regardless of the traffic.
 */
export function startStream({ output, feed, from, isAllowed, intervals, now }: StreamOptions): () => void {
  let position = from
  let isBehind = true
  let [sentVisitors, sentAt, sentSummary] = [-1, 0, '']

  const isFull = () => output.writableLength >= MAX_BUFFERED_BYTES
  const isOver = () => output.writableEnded || output.destroyed
  const send = (text: string) => void (!isFull() && !isOver() && output.write(text))

  /** Returns false when the buffer filled up before the end of the page. */
  function writeHits({ events, end }: FeedPage): boolean {
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
      // Events that the feed delivered until now are in the store, so in this page or an earlier one.
      const delivered = feed.position()
      const page = await feed.readAfter(position, since)
      if (isOver() || !writeHits(page) || page.isMore) continue
      position = laterOf(position, delivered)
      if (comparePositions(position, feed.position()) < 0) continue
      isBehind = false
      return
    }
  }

  // A reader that cannot catch up, because it does not read or the store is away, reconnects and resumes.
  const disconnect = () => void output.destroy()

  const listener: FeedListener = {
    onEvents(page) {
      if (!isBehind && !isOver() && !writeHits(page)) catchUp().catch(disconnect)
    },
    onLive(visitors) {
      const at = performance.now()
      if (visitors === sentVisitors && at - sentAt < intervals.liveAgainMs) return
      ;[sentVisitors, sentAt] = [visitors, at]
      send(formatMessage('live', { visitors }))
    },
    onSummary(summary) {
      const text = formatMessage('analytics', summary)
      if (text !== sentSummary) send((sentSummary = text))
    },
  }

  // An id without data is not dispatched as an event, but a reader disconnected before the first event
  // resumes here.
  output.write(`retry: ${RECONNECT_AFTER_MS}\nid: ${formatFeedCursor(position)}\n\n`)
  feed.subscribe(listener)
  catchUp().catch(disconnect)
  const heartbeats = setInterval(() => send(':\n\n'), intervals.heartbeatMs)
  const stopChecking = repeat(async () => {
    if (!(await isAllowed())) output.end()
  }, intervals.checkMs)
  output.once('close', () => {
    feed.unsubscribe(listener)
    clearInterval(heartbeats)
    stopChecking()
  })
  return () => void output.end()
}
