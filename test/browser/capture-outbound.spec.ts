import { expect, test } from '../support/browser-fixtures.js'
import type { RecordingCollector } from '../support/recording-collector.js'
import { trackedPage } from '../support/test-pages.js'

const isCaptureFile = ({ path }: { path: string }) => /^\/(capture|signals|vitals)\.js$/.test(path)

/** Paths of the files of capture that pages have loaded. */
const loaded = (collector: RecordingCollector) =>
  collector.requests.filter(isCaptureFile).map(({ path }) => path)

const OUTBOUND = { variant: 'script', capture: 'outbound' } as const

test('sends outbound_click with the URL and the text of the link', async ({
  tab,
  servers,
  site,
  collector,
}) => {
  const href = `${collector.url}/live.js?token=1`
  const body = `<a id="link" href="${href}">  Other <b>site</b></a>`
  await tab.goto(site.addPage('/', trackedPage(servers, { ...OUTBOUND, body })))
  await collector.until(() => loaded(collector).length > 0)
  await expect(async () => {
    await tab.evaluate(() =>
      document.querySelector('#link')!.addEventListener('click', (event) => event.preventDefault()),
    )
    await tab.click('#link')
    await collector.until(() => collector.customEvents('outbound_click').length > 0)
  }).toPass()

  expect(collector.customEvents('outbound_click')[0]).toMatchObject({
    url: `${site.url}/`,
    properties: { url: href, text: 'Other site' },
  })
})
