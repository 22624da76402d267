// @ts-check
/**
 * Other trackers from npm, each started as documented, for pageviews and custom events.
 *
 * Functions that a page would call later are kept in `keep`, because the bundler would drop them. `track` is
 * one call with an event name and two properties.
 */
export const createNpmPeers = (collector) => [
  {
    name: '@plausible-analytics/tracker',
    version: '0.4.6',
    source: `import { init, track } from '@plausible-analytics/tracker'
init({ domain: 'site.example', endpoint: '${collector}/api/event' })
globalThis.keep = track`,
    track: `keep('bought', { props: { plan: 'pro', seats: 3 } })`,
  },
  {
    name: '@vercel/analytics',
    version: '2.0.1',
    // The inserted script comes from Vercel's servers, not from npm: here that URL answers with an empty
    // file.
    note: 'only the loader: the script that counts is not in the package',
    source: `import { inject, track } from '@vercel/analytics'
inject()
globalThis.keep = track`,
  },
  {
    name: 'swetrix',
    version: '4.6.1',
    source: `import { init, trackViews, track } from 'swetrix'
init('BenchProject1', { apiURL: '${collector}/log' })
trackViews()
globalThis.keep = track`,
    track: `keep({ ev: 'bought', meta: { plan: 'pro', seats: '3' } })`,
  },
  {
    name: '@openpanel/web',
    version: '1.4.1',
    source: `import { OpenPanel } from '@openpanel/web'
globalThis.keep = new OpenPanel({ clientId: 'bench', apiUrl: '${collector}', trackScreenViews: true })`,
    track: `keep.track('bought', { plan: 'pro', seats: 3 })`,
  },
  {
    name: '@counterscale/tracker',
    version: '3.4.1',
    note: 'pageviews only: it has no own events',
    // Its README says deploymentUrl; its code reads reporterUrl.
    source: `import { init, trackPageview } from '@counterscale/tracker'
init({ siteId: 'bench', reporterUrl: '${collector}/collect' })
globalThis.keep = trackPageview`,
  },
  {
    name: 'posthog-js',
    // The newest version whose dependencies could be installed in November 2026.
    version: '1.434.18',
    source: `import posthog from 'posthog-js'
posthog.init('phc_bench', { api_host: '${collector}', defaults: '2026-01-30' })
globalThis.keep = posthog`,
    track: `keep.capture('bought', { plan: 'pro', seats: 3 })`,
  },
]
