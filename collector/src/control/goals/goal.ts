/** Ways to compare the path of a page with the path of a goal. */
export const PATH_MATCHES = ['exact', 'prefix', 'glob'] as const
type PathMatch = (typeof PATH_MATCHES)[number]

export interface PathRule {
  kind: 'path'
  match: PathMatch
  /** Path of a page. In a glob, `*` matches within one path segment and `**` matches across segments. */
  path: string
}

/**
 * The condition that completes a goal: a pageview with a matching path, a custom event or goal event with a
 * certain name, or a visit of a minimum duration.
 */
export type GoalRule = PathRule | { kind: 'event'; event: string } | { kind: 'duration'; seconds: number }

export const GOAL_KINDS = ['path', 'event', 'duration'] as const satisfies readonly GoalRule['kind'][]

/** The fields of a goal that its owner can set. */
export interface GoalFields {
  name: string
  rule: GoalRule
  /** Value of one conversion in a unit that the owner chooses, or null if conversions have no value. */
  value: number | null
}

/** An action that visitors of a site should complete. */
export interface Goal extends GoalFields {
  /** ID of the goal, such as `goal_…`. */
  id: string
  siteId: string
  /** Unix time in milliseconds. */
  createdAt: number
  /** Unix time in milliseconds when the rule last changed. Webhooks are not sent for earlier events. */
  ruledAt: number
}

export const MAX_GOALS_OF_SITE = 50

/**
 * Checks whether the rule of a goal was in effect at `at`. A rule that changed after `now` is considered in
 * effect, because the system clock was set back. All times are Unix times in milliseconds.
 */
export function hasRuled(
  { ruledAt }: Pick<Goal, 'ruledAt'>,
  { at, now }: { at: number; now: number },
): boolean {
  return ruledAt <= at || ruledAt > now
}
