import type { ValueParts } from '../report-store.js'

/** What a visitor did in the visits of a report. */
export interface VisitorSums {
  visits: number
  pageviews: number
  spent_ms: number
  goals: number
  revenues: number
  channels: string[]
}

const MS_PER_POINT = 30_000
const CHANNEL_POINTS: Record<string, number> = {
  'paid search': 10,
  'paid social': 10,
  paid: 10,
  display: 10,
  email: 10,
  'organic search': 7,
  ai: 7,
  campaign: 7,
  referral: 5,
  social: 5,
  direct: 3,
}

/** The parts of a value score; docs/metrics.md has the rules. */
export function scoreVisitor({
  visits,
  pageviews,
  spent_ms,
  goals,
  revenues,
  channels,
}: VisitorSums): ValueParts {
  return {
    pages: Math.min(20, 2 * pageviews),
    engagement: Math.min(20, Math.floor(spent_ms / MS_PER_POINT)),
    returns: Math.min(15, 5 * (visits - 1)),
    source: Math.max(...channels.map((channel) => CHANNEL_POINTS[channel] ?? 0)),
    goals: Math.min(20, 10 * goals),
    revenue: revenues > 0 ? 15 : 0,
  }
}
