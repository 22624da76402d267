/** How the path of a page is compared with that of a goal. */
export const PATH_MATCHES = ['exact', 'prefix', 'glob'] as const
export type PathMatch = (typeof PATH_MATCHES)[number]

export interface PathRule {
  kind: 'path'
  match: PathMatch
  /** In a glob `*` stands for anything within a segment, `**` for anything across. */
  path: string
}

/** What reaches a goal: a pageview of a path, a custom event or goal of a name, or a visit that lasts. */
export type GoalRule = PathRule | { kind: 'event'; event: string } | { kind: 'duration'; seconds: number }

export const GOAL_KINDS = ['path', 'event', 'duration'] as const satisfies readonly GoalRule['kind'][]

/** What may be chosen of a goal. */
export interface GoalFields {
  name: string
  rule: GoalRule
  /** What reaching it is worth, in whatever unit its owner counts; null when nobody said. */
  value: number | null
}

/** Something that the visits of a site are meant to come to. */
export interface Goal extends GoalFields {
  /** `goal_…` */
  id: string
  siteId: string
  /** ms since the epoch. */
  createdAt: number
  /** Since when the rule is what it is, ms since the epoch: what happened before is told to nobody. */
  ruledAt: number
}

export const MAX_GOALS_OF_SITE = 50

/** Whether a goal's rule was there when something happened. One of the future was made before the clock was set back. Times are ms since the epoch. */
export function hasRuled(
  { ruledAt }: Pick<Goal, 'ruledAt'>,
  { at, now }: { at: number; now: number },
): boolean {
  return ruledAt <= at || ruledAt > now
}
