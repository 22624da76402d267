import type { Clock } from './clock.js'

/** A script as it is answered. */
export interface Script {
  body: ArrayBuffer
  headers: Headers
}

/** What a collector answers to a request for a script. */
export type ScriptAnswer = { script: Script } | { refusal: Response } | 'unchanged' | 'failed'

interface Entry {
  script: Script
  /** Steady time until which it is answered without asking the collector. */
  freshUntil: number
}

const MAX_SCRIPTS = 40
/** An old script is answered so long while one request asks for the new one, and while the collector is away. */
const STALE_MS = 30_000

/**
 * Keeps scripts as long as their `Cache-Control` says, and longer while the collector is away.
 *
 * One request asks for the new script, and the others get the old one meanwhile. They do not wait for that request: Workers
 * let no request wait for another.
 */
export class ScriptCache {
  readonly #entries = new Map<string, Entry>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Returns the script at a path, the refusal of the collector, or undefined if there is neither. `load` asks the collector;
   * `known` is the script that is kept.
   */
  async read(
    path: string,
    load: (known: Script | undefined) => Promise<ScriptAnswer>,
  ): Promise<Script | Response | undefined> {
    const entry = this.#entries.get(path)
    const now = this.#clock.steadyNow()
    if (entry && entry.freshUntil > now) return entry.script
    if (entry) entry.freshUntil = now + STALE_MS
    const answer = await load(entry?.script)
    if (answer === 'failed') return entry?.script
    if (answer === 'unchanged') return this.#keep(path, entry!.script)
    return 'script' in answer ? this.#keep(path, answer.script) : answer.refusal
  }

  #keep(path: string, script: Script): Script {
    this.#entries.delete(path)
    this.#entries.set(path, { script, freshUntil: this.#clock.steadyNow() + maxAgeOf(script) })
    const [oldest] = this.#entries.keys()
    if (this.#entries.size > MAX_SCRIPTS) this.#entries.delete(oldest!)
    return script
  }
}

/** Reads `max-age` in milliseconds. */
function maxAgeOf({ headers }: Script): number {
  const [, seconds] = /(?:^|[\s,])max-age=(\d{1,9})/.exec(headers.get('cache-control') ?? '') ?? []
  return Number(seconds ?? 0) * 1000
}
