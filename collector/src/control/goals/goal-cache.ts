import type { GoalStore } from './goal-store.js'
import type { Goal } from './goal.js'
import { createPathMatcher } from './path-matcher.js'

/** The goals of one site, as events are judged by them. */
export interface SiteGoals {
  paths: readonly { goal: Goal; isReached(path: string): boolean }[]
  /** By the name of the event. */
  events: ReadonlyMap<string, readonly Goal[]>
  /** With their seconds. */
  durations: readonly { goal: Goal; seconds: number }[]
}

/** The goals of all sites in memory: asked for every event of ingest. */
export interface GoalCache {
  /** Undefined when the site has none. */
  of(siteId: string): SiteGoals | undefined
  /** Reads them anew. While the store is away what is known stays. */
  load(): Promise<void>
}

/** Knows nothing until it is loaded for the first time. */
export function createGoalCache(store: Pick<GoalStore, 'listAllGoals'>): GoalCache {
  let sites = new Map<string, SiteGoals>()
  let loading = Promise.resolve()
  return {
    of: (siteId) => sites.get(siteId),
    // One after the other: what was read first must not replace what was read later.
    load: () =>
      (loading = loading
        .catch(() => {})
        .then(async () => void (sites = groupBySite(await store.listAllGoals())))),
  }
}

function groupBySite(goals: readonly Goal[]): Map<string, SiteGoals> {
  const groups = new Map<string, Goal[]>()
  for (const goal of goals) groups.set(goal.siteId, [...(groups.get(goal.siteId) ?? []), goal])
  return new Map([...groups].map(([siteId, group]) => [siteId, sortByKind(group)]))
}

function sortByKind(goals: readonly Goal[]): SiteGoals {
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
