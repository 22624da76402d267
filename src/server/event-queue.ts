import { IngestError } from './ingest-error.js'
import type { EventOutcome } from './read-outcome.js'

/** An event that waits for its outcome. */
export interface QueuedEvent {
  /** The event, without age. */
  json: string
  bytes: number
  /** Its place among all events of the queue. */
  number: number
  /** Steady time at which it was queued. */
  queuedAt: number
  /** How long before that it happened, in milliseconds. */
  ageMs: number
  /** How often it was sent. */
  attempts: number
  settle: (outcome: EventOutcome) => void
  /** Resolves after {@link settle}. */
  settled: Promise<unknown>
}

/** Events that are sent together. */
export interface Batch {
  events: QueuedEvent[]
  /** Steady time from which it may be sent again. */
  dueAt: number
  /** How often it failed. */
  failures: number
}

export interface BatchLimits {
  maxEvents: number
  maxBytes: number
}

const MAX_QUEUED_EVENTS = 10_000
const MAX_QUEUED_BYTES = 16 * 1024 * 1024
/** More than a valid event needs. */
const ROOM_BYTES = 128 * 1024

/**
 * The events of a sender that have no outcome yet: fresh ones, batches that will be sent again, and those that are being sent.
 * Each is settled once, by {@link EventQueue.settle}.
 */
export class EventQueue {
  /** The events without an outcome. */
  readonly all = new Set<QueuedEvent>()
  bytes = 0
  /** Number of the newest event. */
  newest = 0
  #fresh: QueuedEvent[] = []
  #failed: Batch[] = []
  #waitingForRoom: (() => void)[] = []

  hasRoom(bytes: number): boolean {
    return this.all.size < MAX_QUEUED_EVENTS && this.bytes + bytes <= MAX_QUEUED_BYTES
  }

  /** Resolves when there is room for an event. Those who wait are served in turn, one for each event that leaves. */
  async room(): Promise<void> {
    if (!this.hasRoom(ROOM_BYTES)) await new Promise<void>((resolve) => this.#waitingForRoom.push(resolve))
  }

  add(added: Omit<QueuedEvent, 'number' | 'attempts'>): void {
    const event = { ...added, number: ++this.newest, attempts: 0 }
    this.all.add(event)
    this.bytes += event.bytes
    this.#fresh.push(event)
  }

  settle(event: QueuedEvent, outcome: EventOutcome): void {
    this.all.delete(event)
    this.bytes -= event.bytes
    event.settle(outcome)
    if (this.hasRoom(ROOM_BYTES)) this.#waitingForRoom.shift()?.()
  }

  /** Lets a batch wait until it is due. */
  putBack(batch: Batch): void {
    this.#failed.push(batch)
  }

  /** The oldest fresh event. */
  get oldestFresh(): QueuedEvent | undefined {
    return this.#fresh[0]
  }

  /** When the first failed batch is due; infinite if there is none. */
  get nextDueAt(): number {
    return this.#failed.reduce((first, { dueAt }) => Math.min(first, dueAt), Infinity)
  }

  /** When the oldest waiting event was queued; infinite if there is none. */
  get oldestQueuedAt(): number {
    return this.#failed.reduce(
      (first, { events }) => Math.min(first, events[0]!.queuedAt),
      this.#fresh[0]?.queuedAt ?? Infinity,
    )
  }

  /** Whether there are enough fresh events for a batch. Bytes of failed ones count, too: a batch may be sent too early. */
  isFull({ maxEvents, maxBytes }: BatchLimits): boolean {
    return this.#fresh.length >= maxEvents || (this.#fresh.length > 0 && this.bytes >= maxBytes)
  }

  /** Takes the failed batch that is due first, of at most `maxEvents`. */
  takeDue(now: number, maxEvents: number): Batch | undefined {
    const [found] = this.#failed
      .filter(({ dueAt, events }) => dueAt <= now && events.length <= maxEvents)
      .sort((a, b) => a.dueAt - b.dueAt)
    this.#failed = this.#failed.filter((batch) => batch !== found)
    return found
  }

  /** Takes fresh events, the oldest first, and at least one. */
  takeFresh({ maxEvents, maxBytes }: BatchLimits): Batch {
    let [length, bytes] = [0, 0]
    for (const event of this.#fresh) {
      bytes += event.bytes
      if (length > 0 && (length === maxEvents || bytes > maxBytes)) break
      length++
    }
    return { events: this.#fresh.splice(0, length), dueAt: 0, failures: 0 }
  }

  /** Takes out every event that waits and was queued before a time. */
  takeQueuedBefore(time: number): QueuedEvent[] {
    if (this.oldestQueuedAt >= time) return []
    const isOld = ({ queuedAt }: QueuedEvent) => queuedAt < time
    const old = [...this.#fresh, ...this.#failed.flatMap(({ events }) => events)].filter(isOld)
    this.#fresh = this.#fresh.filter((event) => !isOld(event))
    this.#failed = this.#failed
      .map((batch) => ({ ...batch, events: batch.events.filter((event) => !isOld(event)) }))
      .filter(({ events }) => events.length > 0)
    return old
  }

  /** Creates the error of an event for which there is no room. */
  static fullError(): IngestError {
    return new IngestError({
      code: 'QUEUE_FULL',
      message: '10,000 events or 16 MiB wait to be sent. Wait for room() before you send more.',
    })
  }
}
