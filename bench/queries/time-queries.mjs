// @ts-check
const DAY_MS = 24 * 60 * 60 * 1000
const LIVE_MS = 5 * 60 * 1000
const TOP = { limit: 50, offset: 0 }

/** The queries of the routes: the overview needs totals and days. */
export const QUERIES = {
  overview: async (reports, scope) => {
    const starts = Array.from({ length: 30 }, (_, day) => scope.period.from + day * DAY_MS)
    await Promise.all([reports.summary(scope), reports.timeline(scope, starts)])
  },
  pages: (reports, scope) => reports.pages(scope, TOP),
  sources: (reports, scope) => reports.ranking(scope, 'source', TOP),
  countries: (reports, scope) => reports.ranking(scope, 'country', TOP),
}

/** Median time of each query in ms, from rollups and from events, yielded as measured. */
export async function* timeQueries({ reports, scope, live }, { rounds, rawRounds }) {
  for (const [query, ask] of Object.entries(QUERIES))
    yield {
      query,
      settledMs: await measure(() => ask(reports.settled, scope), rounds),
      rawMs: await measure(() => ask(reports.raw, scope), rawRounds),
    }
  yield {
    query: 'live',
    settledMs: await measure(() => live.countVisitorsSince([scope.siteId], Date.now() - LIVE_MS), 5 * rounds),
    rawMs: undefined,
  }
}

async function measure(ask, rounds) {
  const taken = []
  for (let round = 0; round < rounds; round++) {
    const begin = performance.now()
    await ask()
    taken.push(performance.now() - begin)
  }
  return taken.sort((a, b) => a - b)[Math.floor(taken.length / 2)]
}
