import type { GoalStore } from './goal-store.js'
import type { Goal } from './goal.js'
import { createPathMatcher } from './path-matcher.js'

/** The goals of one site, grouped by kind so that events can be matched quickly. */
export interface SiteGoals {
  paths: readonly { goal: Goal; isReached(path: string): boolean }[]
  /** Goals by the event name that completes them. */
  events: ReadonlyMap<string, readonly Goal[]>
  durations: readonly { goal: Goal; seconds: number }[]
}

/** An in-memory cache of the goals of all sites, which is read for every ingested event. */
export interface GoalCache {
  /** Returns the goals of a site, or undefined if the site has no goals. */
  of(siteId: string): SiteGoals | undefined
  /**
   * Reloads all goals from the store. If the store is unreachable, rejects and keeps the previously loaded
   * goals.
   */
  load(): Promise<void>
}

/** Creates an empty cache. Call `load` before the first use. */
export function createGoalCache(store: Pick<GoalStore, 'listAllGoals'>): GoalCache {
  let sites = new Map<string, SiteGoals>()
  let loading = Promise.resolve()
  return {
    of: (siteId) => sites.get(siteId),
    // Run one load at a time, because an older result must not replace a newer one.
    load: () =>
      (loading = loading
        .catch(() => {})
        .then(async () => void (sites = groupBySite(await store.listAllGoals())))),
  }
}

function groupBySite(goals: readonly Goal[]): Map<string, SiteGoals> {
  const groups = new Map<string, Goal[]>()
  for (const goal of goals) groups.set(goal.siteId, [...(groups.get(goal.siteId) ?? []), goal])
  return new Map([...groups].map(([siteId, group]) => [siteId, indexByKind(group)]))
}

function indexByKind(goals: readonly Goal[]): SiteGoals {
  const events = new Map<string, Goal[]>()
  for (const goal of goals)
    if (goal.rule.kind === 'event')
      events.set(goal.rule.event, [...(events.get(goal.rule.event) ?? []), goal])
  return {
    events,
    paths: goals.flatMap((goal) =>
      goal.rule.kind === 'path' ? [{ goal, isReached: createPathMatcher(goal.rule) }] : [],
    ),
    durations: goals.flatMap((goal) =>
      goal.rule.kind === 'duration' ? [{ goal, seconds: goal.rule.seconds }] : [],
    ),
  }
}
