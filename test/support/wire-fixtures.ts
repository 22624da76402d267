import { readFileSync, readdirSync } from 'node:fs'
import type { ErrorCode, Fault } from '@zenovay/tracker/contract'

/** One body of the wire with its expected result. */
export interface WireFixture {
  /** Name of its file, without the extension. */
  name: string
  description: string
  /** @default 'text/plain' */
  contentType?: string
  /** @default the code of the test's site */
  trackingCode?: string
  origin?: string
  /** The body as JSON; or `raw`, or `rawRepeat`, for bodies that a JSON file cannot hold. */
  body?: unknown
  raw?: string
  rawRepeat?: { text: string; times: number }
  /** The scenario in which the tracker produces an event of this shape in a browser. */
  tracker?: string
  expect: Accepted | Refused
}

export interface Accepted {
  status: 200
  /** Columns of the rows that must be stored, `properties` as an object. */
  rows: Record<string, unknown>[]
  /** Time from the event to its receipt. */
  ageMs?: number
  accepted?: number
  rejected?: { index: number; code: ErrorCode; fields: string[] }[]
}

export interface Refused {
  status: 400 | 403 | 404 | 413 | 415
  code: ErrorCode
  details?: Fault[]
}

const FOLDER = new URL('../fixtures/wire/', import.meta.url)

/**
 * Every fixture of the folder. A new file is replayed by the contract, the collector and, with `tracker`,
 * the browser.
 */
export const WIRE_FIXTURES: WireFixture[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.json'))
  .map((file) => ({
    name: file.replace('.json', ''),
    ...(JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as Omit<WireFixture, 'name'>),
  }))

/** The text of a fixture's request. */
export function bodyText({ body, raw, rawRepeat }: WireFixture): string {
  return raw ?? (rawRepeat ? rawRepeat.text.repeat(rawRepeat.times) : JSON.stringify(body))
}

export function isAccepted(expected: Accepted | Refused): expected is Accepted {
  return expected.status === 200
}
