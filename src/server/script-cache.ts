import type { Clock } from './clock.js'

/** A script as it is answered. */
export interface Script {
  body: ArrayBuffer
  headers: Headers
}

/** What a collector answers to a request for a script. */
export type ScriptAnswer = { script: Script } | 'unchanged' | 'failed' | { refusal: Response }

interface Entry {
  script: Script
  /** Steady time until which it is answered without asking the collector. */
  freshUntil: number
}

const MAX_SCRIPTS = 40
/** While the collector is away, it is asked again so often. */
const FAILED_MS = 30_000

/**
 * Keeps scripts as long as their `Cache-Control` says, and longer while the collector is away. Requests for the same script
 * at the same time are one.
 */
export class ScriptCache {
  readonly #entries = new Map<string, Entry>()
  readonly #pending = new Map<string, Promise<Script | Response | undefined>>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Returns the script at a path, the refusal of the collector, or undefined if there is neither. `load` asks the collector;
   * `known` is the script that is kept.
   */
  read(
    path: string,
    load: (known: Script | undefined) => Promise<ScriptAnswer>,
  ): Promise<Script | Response | undefined> {
    const entry = this.#entries.get(path)
    if (entry && entry.freshUntil > this.#clock.steadyNow()) return Promise.resolve(entry.script)
    let pending = this.#pending.get(path)
    if (!pending) {
      pending = this.#refresh(path, entry, load).finally(() => this.#pending.delete(path))
      this.#pending.set(path, pending)
    }
    // A body is read once, by one of those who wait.
    return pending.then((found) => (found instanceof Response ? found.clone() : found))
  }

  async #refresh(
    path: string,
    entry: Entry | undefined,
    load: (known: Script | undefined) => Promise<ScriptAnswer>,
  ): Promise<Script | Response | undefined> {
    const answer = await load(entry?.script)
    if (typeof answer === 'object' && 'refusal' in answer) return answer.refusal
    const now = this.#clock.steadyNow()
    if (typeof answer === 'object') {
      this.#entries.delete(path)
      this.#entries.set(path, { script: answer.script, freshUntil: now + maxAgeOf(answer.script) })
      for (const [oldest] of this.#entries)
        if (this.#entries.size > MAX_SCRIPTS) this.#entries.delete(oldest)
        else break
      return answer.script
    }
    if (entry) entry.freshUntil = now + (answer === 'unchanged' ? maxAgeOf(entry.script) : FAILED_MS)
    return entry?.script
  }
}

/** Reads `max-age` in milliseconds. */
function maxAgeOf({ headers }: Script): number {
  const [, seconds] = /(?:^|[\s,])max-age=(\d{1,9})/.exec(headers.get('cache-control') ?? '') ?? []
  return Number(seconds ?? 0) * 1000
}
