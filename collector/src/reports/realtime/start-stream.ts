import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { HOUR_MS } from '../../durations.js'
import type { FeedPage, FeedPosition } from '../../ingest/event-store.js'
import { comparePositions, formatFeedCursor, laterOf } from './feed-cursor.js'
import { type FeedListener, repeat, type SiteFeed } from './site-feed.js'
import { formatHit, formatMessage } from './sse.js'

export interface StreamIntervals {
  /** Time after which an unchanged live count is sent again. */
  liveAgainMs: number
  heartbeatMs: number
  /** Time between two checks of whether the API key may still read the site. */
  checkMs: number
  /** Time that a reader has to empty a full buffer before the reader is disconnected. */
  drainMs: number
}

interface StreamOptions {
  /** The response to which the stream is written. Its headers must be written already. */
  output: ServerResponse
  feed: SiteFeed
  /** Position after which the reader receives events. */
  from: FeedPosition
  /** Resolves to whether the API key may still read the site. */
  isAllowed: () => Promise<boolean>
  intervals: StreamIntervals
  now: () => number
}

/** Maximum age of the missed events that a resuming reader receives. */
export const LOOK_BACK_MS = HOUR_MS
/** Maximum size of a reader's buffer. All streams that a collector may have take 64 MiB. */
export const MAX_BUFFERED_BYTES = 64 * 1024
const RECONNECT_AFTER_MS = 3_000

/**
 * Streams the events after `from` to one reader, in order and each exactly once. Returns a function that ends
 * the stream.
 *
 * A reader that resumes an earlier stream or reads slowly receives events from the store at its own pace
 * until it has caught up. Its buffer is therefore bounded.
 */
export function startStream({ output, feed, from, isAllowed, intervals, now }: StreamOptions): () => void {
  let position = from
  let isBehind = true
  let [sentVisitors, sentAt, sentSummary] = [-1, 0, '']

  const isFull = () => output.writableLength >= MAX_BUFFERED_BYTES
  const isOver = () => output.writableEnded || output.destroyed
  const send = (text: string) => void (!isFull() && !isOver() && output.write(text))

  /** Writes the events of a page. Returns false if the buffer became full before the end of the page. */
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
      // The feed has read all events up to `delivered` from the same store. If this page is the last one, the
      // reader has therefore received these events, too.
      const delivered = feed.position()
      const page = await feed.readAfter(position, since)
      if (isOver() || !writeHits(page) || page.isMore) continue
      position = laterOf(position, delivered)
      if (comparePositions(position, feed.position()) < 0) continue
      isBehind = false
      return
    }
  }

  // Disconnect a reader that cannot catch up, because it does not read or the store is unavailable. The
  // reader then reconnects and resumes.
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

  // Send the position before the first event. Browsers store the `id` of a message without data, so a reader
  // that is disconnected before its first event resumes at this position.
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
