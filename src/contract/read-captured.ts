import { MAX_CLS, MAX_ENGAGED_MS, MAX_FRAMES, MAX_ID_LENGTH, MAX_POSITION, MAX_VITAL_MS } from './limits.js'
import { addFault, type Fields } from './read-fields.js'
import type { EventType, Properties } from './wire.js'

/** The numbers that a property may have. Larger ones are clamped, because the clock of a client may be wrong. */
interface NumberRule {
  max: number
  /** Whether negative numbers are clamped to 0 instead of rejected. */
  clampsNegative?: boolean
}

// A negative vital would be rated as good, so it is rejected. A negative duration or depth adds nothing.
const VITAL: NumberRule = { max: MAX_VITAL_MS }
const NUMBERS: Partial<Record<EventType, Record<string, NumberRule>>> = {
  engagement: {
    engaged_ms: { max: MAX_ENGAGED_MS, clampsNegative: true },
    scroll: { max: 100, clampsNegative: true },
  },
  performance: { lcp: VITAL, inp: VITAL, fcp: VITAL, ttfb: VITAL, cls: { max: MAX_CLS } },
  error: {
    line: { max: MAX_POSITION, clampsNegative: true },
    column: { max: MAX_POSITION, clampsNegative: true },
  },
}
const FRAME = /^frame_([1-9]\d*)$/

/**
 * Checks the properties that the collector itself reads of `engagement`, `performance` and `error` events, and clamps
 * their numbers. Changes and returns `properties`. Frames beyond the tenth are left out. All these properties are
 * optional, and others are not checked.
 */
export function checkCaptured(fields: Fields, type: EventType, properties: Properties): Properties {
  for (const [key, rule] of Object.entries(NUMBERS[type] ?? {})) {
    const value = properties[key]
    if (value === undefined) continue
    if (typeof value !== 'number') addFault(fields, `properties.${key}`, 'must be a number')
    else if (value < 0 && !rule.clampsNegative) addFault(fields, `properties.${key}`, 'must not be negative')
    else properties[key] = Math.min(Math.max(value, 0), rule.max)
  }
  if (type === 'engagement' || type === 'performance') checkView(fields, properties['view'])
  if (type === 'error')
    for (const key of Object.keys(properties))
      if (Number(FRAME.exec(key)?.[1]) > MAX_FRAMES) delete properties[key]
  return properties
}

function checkView(fields: Fields, view: Properties[string] | undefined): void {
  if (view === undefined) return
  if (typeof view !== 'string' || view === '' || view.length > MAX_ID_LENGTH)
    addFault(
      fields,
      'properties.view',
      `must be the event_id of a pageview: 1 to ${MAX_ID_LENGTH} characters`,
    )
}
