import { createHash } from 'node:crypto'
import { expect, test } from '../support/browser-fixtures.js'
import { readArtefacts } from '../support/read-artefacts.js'
import type { RecordingCollector } from '../support/recording-collector.js'
import type { RecordingServers } from '../support/recording-servers.js'
import type { Tab } from '../support/tab.js'
import { DENY_WEBDRIVER, plainPage, trackedPage, TRACKING_CODE } from '../support/test-pages.js'

const FILES = readArtefacts('z.js', 'capture.js')
const SCRIPT = FILES.get('/z.js')!
const ALL_FILES = ['/capture.js', '/signals.js', '/vitals.js']
const OUTBOUND = { variant: 'script', capture: 'outbound' } as const
/** A link to another host, which the page prevents. Without an inline handler, which a policy may forbid. */
const LINK = `<a id="link" href="https://other.example/">Other</a><script>
  document.querySelector('#link').addEventListener('click', (event) => event.preventDefault())
</script>`
/** What a page may contain whose strict policy names no host but in `connect-src`. */
const STRICT_POLICY = (servers: RecordingServers, sources: string) =>
  `default-src 'none'; script-src ${sources}; img-src 'self'; connect-src 'self' ${servers.collector.url}`

const filesOf = (collector: RecordingCollector): string[] =>
  collector.requests
    .filter(({ path }) => /\/(capture|signals|vitals)\.js$/.test(path))
    .map(({ path }) => path)

/** Clicks the link until the file of capture has arrived and has seen it. */
async function clickUntilCaptured(tab: Tab, collector: RecordingCollector): Promise<void> {
  await collector.until(() => filesOf(collector).length > 0)
  await expect(async () => {
    await tab.click('#link')
    expect(collector.customEvents('outbound_click').length).toBeGreaterThan(0)
  }).toPass({ intervals: [100] })
}

interface Setup {
  html: string
  headers?: Record<string, string>
  /** @default the file of the kind */
  files?: string[]
}

const inlined = ({ site, collector }: RecordingServers, after = '') =>
  plainPage(site, {
    head: `${DENY_WEBDRIVER}<script data-tracking-code="${TRACKING_CODE}" data-api-url="${collector.url}"
      data-allow-localhost="true" data-capture="outbound">${SCRIPT.toString()}</script>${after}`,
    body: LINK,
  })

// The fixture fails on each violation of a policy, warning and error of the page.
const SETUPS: Record<string, (servers: RecordingServers) => Setup> = {
  'with the script of a pinned release': (servers) => ({
    html: trackedPage(servers, {
      ...OUTBOUND,
      src: `${servers.collector.url}/v/0123456789abcdef/z.js`,
      integrity: `sha256-${createHash('sha256').update(SCRIPT).digest('base64')}`,
      body: LINK,
    }),
  }),
  'through a first-party proxy at a path of the page': (servers) => {
    servers.site.forward('/stats', servers.collector.url)
    return { html: trackedPage(servers, { ...OUTBOUND, src: '/stats/z.js', apiUrl: '/stats', body: LINK }) }
  },
  'with a base URL that has a path, for the script of another host': (servers) => {
    servers.site.forward('/a/b', servers.collector.url)
    return { html: trackedPage(servers, { ...OUTBOUND, apiUrl: `${servers.site.url}/a/b/`, body: LINK }) }
  },
  'with the script inlined in the page': (servers) => ({ html: inlined(servers) }),
  'under a policy that requires a nonce, every kind': (servers) => ({
    html: trackedPage(servers, { variant: 'script', capture: 'all', nonce: 'n1', body: LINK }),
    headers: { 'content-security-policy': STRICT_POLICY(servers, `'nonce-n1'`) },
    files: ALL_FILES,
  }),
  'under strict-dynamic and Trusted Types, every kind': (servers) => ({
    html: trackedPage(servers, { variant: 'script', capture: 'all', nonce: 'n1', body: LINK }),
    headers: {
      'content-security-policy': `${STRICT_POLICY(servers, `'nonce-n1' 'strict-dynamic'`)}; require-trusted-types-for 'script'; trusted-types 'none'`,
    },
    files: ALL_FILES,
  }),
}

for (const [name, prepare] of Object.entries(SETUPS))
  test(`loads its files ${name}`, async ({ tab, servers, site, collector }) => {
    const { html, headers, files = ['/capture.js'] } = prepare(servers)
    await tab.goto(site.addPage('/shop/cart', html, headers))
    await clickUntilCaptured(tab, collector)

    await collector.until(() => filesOf(collector).length >= files.length)
    expect(filesOf(collector).toSorted()).toEqual(files)
  })

test.describe('with an import map', () => {
  const MAP = `<script type="importmap">{ "imports": { "mapped": "/mapped.js" } }</script>
    <script type="module">import 'mapped'</script>`

  test.beforeEach(({ site }) => {
    site.addPage('/mapped.js', 'document.title = "mapped"', { 'content-type': 'text/javascript' })
  })

  test('keeps that of a page that loads the script first', async ({ tab, servers, site, collector }) => {
    const body = LINK + MAP
    await tab.goto(site.addPage('/', trackedPage(servers, { ...OUTBOUND, loading: 'async', body })))
    await clickUntilCaptured(tab, collector)

    expect(await tab.evaluate(() => document.title)).toBe('mapped')
  })

  test('keeps that of a page that takes long to be parsed', async ({ tab, servers, site, collector }) => {
    collector.scriptDelayMs = 1_000
    // The parser waits for the second tag, which does nothing else. By then the first pageview is sent.
    const html = inlined(servers, `<script src="${collector.url}/z.js"></script>${MAP}`)
    await tab.goto(site.addPage('/', html))
    await clickUntilCaptured(tab, collector)

    expect(await tab.evaluate(() => document.title)).toBe('mapped')
    const [pageview] = collector.posts()
    expect(pageview!.at).toBeLessThan(collector.requests.find(({ path }) => path === '/capture.js')!.at)
  })
})

test('loads the file after the first pageview and DOMContentLoaded', async ({
  tab,
  servers,
  site,
  collector,
}) => {
  await tab.goto(site.addPage('/', trackedPage(servers, OUTBOUND)))
  await collector.until(() => filesOf(collector).length > 0)

  // The entry of a file is added when it has arrived.
  const countFiles = () =>
    performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('capture.js')).length
  await expect.poll(() => tab.evaluate(countFiles)).toBe(1)
  const paths = collector.requests.map(({ method, path }) => `${method} ${path.split('/')[1]}`)
  expect(paths.indexOf('POST e')).toBeLessThan(paths.indexOf('GET capture.js'))
  expect(
    await tab.evaluate(
      () =>
        performance.getEntriesByName(
          performance.getEntriesByType('resource').find(({ name }) => name.endsWith('capture.js'))!.name,
        )[0]!.startTime -
        (performance.getEntriesByType('navigation')[0] as PerformanceNavigationTiming)
          .domContentLoadedEventStart,
    ),
  ).toBeGreaterThan(0)
})

test('loads no further file and sends nothing more without the attribute', async ({
  tab,
  servers,
  site,
  collector,
}) => {
  await tab.goto(site.addPage('/', trackedPage(servers, { variant: 'script', body: LINK })))
  await collector.until(() => collector.pageviews().length > 0)
  await tab.evaluate(() => new Promise((resolve) => setTimeout(resolve, 500)))
  await tab.click('#link')
  await tab.evaluate(() => window.tracker.track('end'))
  await collector.until(() => collector.customEvents('end').length > 0)

  expect(collector.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'GET /z.js',
    ...Array<string>(2).fill(`POST /e/${TRACKING_CODE}`),
  ])
  expect(collector.events()).toHaveLength(2)
})

test('loads nothing on a page that a visitor has opted out of', async ({ tab, servers, site, collector }) => {
  const head = `<script>localStorage.zenovay = ',1'</script>`
  await tab.goto(site.addPage('/', trackedPage(servers, { ...OUTBOUND, head })))
  await tab.evaluate(() => new Promise((resolve) => setTimeout(resolve, 500)))

  expect(filesOf(collector)).toEqual([])
})

test.describe('with one warning', () => {
  test.use({ expectedMessages: /^zenovay:/ })

  /** Waits for the warning, and checks that the tracker goes on. */
  async function expectOneWarning(
    tab: Tab,
    { site, collector }: RecordingServers,
    warning: RegExp,
  ): Promise<void> {
    await expect.poll(() => site.messages.length).toBeGreaterThan(0)
    await tab.evaluate(() => {
      history.pushState(null, '', '/next')
      document.title = 'Next'
    })
    await collector.until(() => collector.pageviews().length > 1)
    await tab.click('#link')
    await tab.evaluate(() => window.tracker.track('end'))
    await collector.until(() => collector.customEvents('end').length > 0)
    expect(site.messages).toEqual([
      expect.objectContaining({ kind: 'warn', text: expect.stringMatching(warning) }),
    ])
  }

  test('lists the kinds for one that does not exist, and starts the others', async ({
    tab,
    servers,
    site,
    collector,
  }) => {
    await tab.goto(
      site.addPage('/', trackedPage(servers, { ...OUTBOUND, capture: 'outbond outbound', body: LINK })),
    )
    await clickUntilCaptured(tab, collector)

    await expectOneWarning(tab, servers, /outbond.*downloads/)
  })

  test('goes on without a file that does not come', async ({ tab, servers, site, collector }) => {
    collector.scripts.delete('/capture.js')
    await tab.goto(site.addPage('/', trackedPage(servers, { ...OUTBOUND, capture: 'all', body: LINK })))

    await expectOneWarning(tab, servers, /request/)
    expect(collector.events().filter(({ event_type }) => event_type && event_type !== 'pageview')).toEqual([
      expect.objectContaining({ event_name: 'end' }),
    ])
  })

  test('does nothing with a file of another version', async ({ tab, servers, site, collector }) => {
    const other = FILES.get('/capture.js')!.toString().replaceAll('!==1)throw', '!==2)throw')
    collector.scripts.set('/capture.js', Buffer.from(other))
    await tab.goto(site.addPage('/', trackedPage(servers, { ...OUTBOUND, capture: 'all', body: LINK })))

    await expectOneWarning(tab, servers, /version 1/)
    expect(filesOf(collector)).toEqual(['/capture.js'])
    expect(collector.customEvents('outbound_click')).toEqual([])
  })

  test('starts the other kinds if a second file is of another version', async ({
    tab,
    servers,
    site,
    collector,
  }) => {
    collector.scripts.set(
      '/signals.js',
      Buffer.from(`export const version = 2
        export const kinds = new Proxy({}, { get() { throw new Error('used') } })`),
    )
    await tab.goto(
      site.addPage('/', trackedPage(servers, { ...OUTBOUND, capture: 'outbound rage copy', body: LINK })),
    )
    await clickUntilCaptured(tab, collector)

    await expectOneWarning(tab, servers, /old file/)
  })
})
