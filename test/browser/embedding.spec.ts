import { createHash } from 'node:crypto'
import { expect, test } from '../support/browser-fixtures.js'
import { readArtefacts } from '../support/read-artefacts.js'
import { plainPage, trackedPage, VARIANTS } from '../support/test-pages.js'

const SCRIPT = readArtefacts('z.js').get('/z.js')!
const NONCE = 'bm9uY2U'
const TRACK_AFTER_LOAD = `<script>addEventListener('load', () => tracker.track('loaded'))</script>`

for (const variant of VARIANTS) {
  // The same server under another name is another origin.
  for (const [kind, host] of [
    ['same', 'localhost'],
    ['another', '127.0.0.1'],
  ] as const)
    test(`${variant}: counts a page in a frame once (${kind} origin)`, async ({
      tab,
      servers,
      site,
      collector,
    }) => {
      const framed = site
        .addPage('/framed', trackedPage(servers, { variant, title: 'Framed', body: TRACK_AFTER_LOAD }))
        .replace('localhost', host)
      const home = site.addPage('/', plainPage(site, { body: `<iframe src="${framed}"></iframe>` }))
      await tab.goto(home)
      await collector.until(
        () => collector.customEvents('loaded').length > 0 && collector.pageviews().length > 0,
      )

      expect(collector.events()).toHaveLength(2)
      // By default, browsers send another origin no path.
      const referrer = kind === 'same' ? home : `${site.url}/`
      expect(collector.pageviews()[0]).toMatchObject({ url: framed, referrer, title: 'Framed' })
    })

  // The probe fails a page that violates its policy. Images are allowed for the icon that browsers request.
  test(`${variant}: counts a page with a content security policy that requires a nonce`, async ({
    tab,
    servers,
    site,
    collector,
  }) => {
    const headers = {
      'content-security-policy': `default-src 'none'; script-src 'nonce-${NONCE}'; img-src 'self'; connect-src 'self' ${collector.url}`,
    }
    await tab.goto(
      site.addPage('/', trackedPage(servers, { variant, nonce: NONCE, body: TRACK_AFTER_LOAD }), headers),
    )
    await collector.until(() => collector.customEvents('loaded').length > 0)

    expect(collector.pageviews()).toHaveLength(1)
  })

  test.describe(`${variant}: a page with a content security policy that requires trusted types`, () => {
    test.use({ expectedMessages: /trusted-types-sink/ })

    test('counts a page with trusted types while its own unsafe script is blocked', async ({
      tab,
      servers,
      site,
      collector,
    }) => {
      const headers = {
        'content-security-policy': `require-trusted-types-for 'script'; trusted-types 'none'`,
      }
      const body = `${TRACK_AFTER_LOAD}<script>try { document.createElement('p').innerHTML = 'text' } catch {}</script>`
      await tab.goto(site.addPage('/', trackedPage(servers, { variant, body }), headers))
      await collector.until(() => collector.customEvents('loaded').length > 0)

      expect(collector.pageviews()).toHaveLength(1)
      await expect.poll(() => site.messages.map(({ kind }) => kind)).toEqual(['violation'])
    })
  })
}

for (const [kind, content, counted] of [
  ['the hash of the script', SCRIPT, true],
  ['another hash', 'another script', false],
] as const)
  test(`script: a page with ${kind} in its integrity attribute is ${counted ? 'counted' : 'not counted'}`, async ({
    tab,
    servers,
    site,
    collector,
  }) => {
    const integrity = `sha384-${createHash('sha384').update(content).digest('base64')}`
    const checked = site.addPage('/checked', trackedPage(servers, { variant: 'script', integrity }))
    const next = site.addPage('/next', trackedPage(servers, { variant: 'script' }))
    await tab.goto(checked)
    if (counted) await collector.until(() => collector.pageviews().length === 1)
    await tab.goto(next)
    await collector.until(() => collector.pageviews().some(({ url }) => url === next))

    expect(collector.pageviews().map(({ url }) => url)).toEqual(counted ? [checked, next] : [next])
  })
