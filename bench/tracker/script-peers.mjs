// @ts-check
/**
 * @typedef {{
 *   name: string
 *   variable: string
 *   from: string
 *   origin: string
 *   attributes?: string
 *   track: string
 * }} ScriptPeer
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/**
 * Other trackers whose script is not on npm. Their code is not in this project: whoever runs the benchmark
 * builds or downloads the file, and sets an environment variable to its path.
 *
 * `origin` and `attributes` are those of the script's tag, as documented. `track` is one call with an event
 * name and two properties, or with an event name alone where events have no properties.
 *
 * @type {(site: string, collector: string) => ScriptPeer[]}
 */
export const createScriptPeers = (site, collector) => [
  {
    name: 'Umami',
    variable: 'UMAMI_SCRIPT',
    from: 'the script.js of an Umami server, or the result of its build of src/tracker',
    origin: collector,
    attributes: 'data-website-id="b59e9c65-ae32-47f1-8400-119fcf4861c4"',
    track: `umami.track('bought', { plan: 'pro', seats: 3 })`,
  },
  {
    name: 'GoatCounter',
    variable: 'GOATCOUNTER_SCRIPT',
    from: 'public/count.js of its repository',
    origin: collector,
    attributes: `data-goatcounter="${collector}/count"`,
    track: `goatcounter.count({ path: 'bought', event: true })`,
  },
  {
    name: 'Vercel Analytics',
    variable: 'VERCEL_SCRIPT',
    from: '/_vercel/insights/script.js of a site on Vercel',
    origin: site,
    track: `va('event', { name: 'bought', data: { plan: 'pro', seats: 3 } })`,
  },
  {
    name: 'Plausible script',
    variable: 'PLAUSIBLE_SCRIPT',
    from: 'the /js/script.js of a Plausible server; its package on npm is measured in any case',
    origin: collector,
    attributes: `data-domain="site.example" data-api="${collector}/api/event"`,
    track: `plausible('bought', { props: { plan: 'pro', seats: 3 } })`,
  },
]

/**
 * Reads the scripts whose variables are set. The version of a script is the beginning of its hash.
 *
 * @type {(
 *   peers: ScriptPeer[],
 *   environment: Record<string, string | undefined>,
 * ) => (ScriptPeer & { script: string; version: string })[]}
 */
export function readScripts(peers, environment) {
  return peers
    .filter(({ variable }) => environment[variable])
    .map((peer) => {
      const script = readFileSync(`${environment[peer.variable]}`, 'utf8')
      return { ...peer, script, version: createHash('sha256').update(script).digest('hex').slice(0, 8) }
    })
}

/**
 * Lists the scripts that were left out, and the variables that add them.
 *
 * @type {(peers: ScriptPeer[], environment: Record<string, string | undefined>) => string[]}
 */
export const describeMissing = (peers, environment) =>
  peers
    .filter(({ variable }) => !environment[variable])
    .map(({ name, variable, from }) => `${name} was not measured: set ${variable} to the path of ${from}.`)
