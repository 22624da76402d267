/** The ways to compare the path of a page with a goal. */
export const PATH_MATCHES = ['exact', 'prefix', 'glob'] as const
type PathMatch = (typeof PATH_MATCHES)[number]

export interface PathRule {
  kind: 'path'
  match: PathMatch
  /** The path of a page. In a glob, `*` matches within a segment and `**` across segments. */
  path: string
}

/**
 * The condition that completes a goal: a pageview of a path, a custom event or goal of a name, or a visit of
 * some duration.
 */
export type GoalRule = PathRule | { kind: 'event'; event: string } | { kind: 'duration'; seconds: number }

export const GOAL_KINDS = ['path', 'event', 'duration'] as const satisfies readonly GoalRule['kind'][]

/** The settings of a goal. */
export interface GoalFields {
  name: string
  rule: GoalRule
  /** Value of a conversion, in a unit of the owner's choice; null without one. */
  value: number | null
}

/** An action that visitors of a site should complete. */
export interface Goal extends GoalFields {
  /** `goal_…` */
  id: string
  siteId: string
  /** ms since the epoch. */
  createdAt: number
  /** The time when the rule last changed, ms since the epoch; earlier events never trigger webhooks. */
  ruledAt: number
}

export const MAX_GOALS_OF_SITE = 50

/**
 * Whether the rule of a goal was in effect at a moment. A rule set in the future means that the clock was set
 * back since, and counts as in effect. Times are ms since the epoch.
 */
export function hasRuled(
  { ruledAt }: Pick<Goal, 'ruledAt'>,
  { at, now }: { at: number; now: number },
): boolean {
  return ruledAt <= at || ruledAt > now
}
