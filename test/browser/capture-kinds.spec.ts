import { expect, test } from '../support/browser-fixtures.js'
import type { RecordingCollector } from '../support/recording-collector.js'
import type { RecordingServers } from '../support/recording-servers.js'
import type { Tab } from '../support/tab.js'
import { trackedPage, type TrackedPage } from '../support/test-pages.js'
import { untilCaptured } from '../support/page-puppet.js'

const STAY = `<script>
  document.addEventListener('submit', (event) => event.preventDefault())
  document.addEventListener('click', (event) => event.target.closest('a,area') && event.preventDefault())
</script>`

// The ID of an event is the time of its creation, the ID of its page load, and its number there.
const timeOf = (id: string) => Number(id.slice(0, 13))
const byId = (a: string, b: string) => timeOf(a) - timeOf(b) || a.localeCompare(b, 'en', { numeric: true })

/** What was sent besides pageviews, in the order of the events, which requests may overtake. */
const captured = (collector: RecordingCollector) =>
  collector
    .events()
    .filter(({ event_type = 'pageview' }) => event_type !== 'pageview')
    .toSorted((a, b) => byId(a.event_id!, b.event_id!))
    .map(({ event_type, event_name, properties }) => [event_name ?? event_type, properties])

/** Opens a page that nothing leads away from, and waits until its file of capture listens. */
async function openPage(
  tab: Tab,
  servers: RecordingServers,
  { body, ...page }: Partial<TrackedPage>,
): Promise<void> {
  const html = trackedPage(servers, { variant: 'script', ...page, body: body + STAY })
  await tab.goto(servers.site.addPage('/', html))
  await untilCaptured(servers.collector)
}

/** Clicks elements by script, one in each task. */
const clickAll = (tab: Tab, selectors: string[]): Promise<void> =>
  tab.evaluate(async (selectors) => {
    for (const selector of selectors) {
      document
        .querySelector(selector)!
        .dispatchEvent(new MouseEvent('click', { bubbles: true, composed: true, cancelable: true }))
      await new Promise((resolve) => setTimeout(resolve, 60))
    }
  }, selectors)

/** Nothing that was sent contains any of these texts. */
const expectNone = (collector: RecordingCollector, texts: string[]) => {
  const sent = collector.requests.map(({ body }) => body).join('\n')
  for (const text of texts) expect(sent).not.toContain(text)
}

test('outbound: sends links to other hosts and contacts, and no private text', async ({
  tab,
  servers,
  collector,
}) => {
  const body = `
    <a id="text" href="https://other.example/a?x=1">  Other
      <b>site</b> ${'long '.repeat(40)}</a>
    <a id="label" href="https://other.example/label" aria-label="By its label"></a>
    <a id="image" href="https://other.example/image"><img alt="By its image"></a>
    <a id="private" href="https://other.example/private"><span data-private>hidden-1</span>Public</a>
    <div data-private><a id="inside" href="https://other.example/inside">hidden-2</a></div>
    <a id="field" href="https://other.example/field">Edit <span contenteditable>hidden-3</span><input value="hidden-4"></a>
    <map name="m"><area id="area" href="https://other.example/area" alt="An area"></map>
    <svg><a id="svg" href="https://other.example/svg"><text>A drawing</text></a></svg>
    <a id="mail" href="mailto:hidden-5@x.example">hidden-6</a><a id="phone" href="tel:hidden-7">hidden-8</a>
    <a id="same" href="/next">Same host</a><a id="hash" href="#part">Part</a><a id="script" href="javascript:void 0">Script</a>
    <a id="broken" href="http://[">Broken</a><a id="none">No link</a><p id="paragraph">No link</p>`
  await openPage(tab, servers, { capture: 'outbound', body })
  const ids = ['text', 'label', 'image', 'private', 'inside', 'field', 'area', 'svg', 'mail', 'phone']
  const silent = ['same', 'hash', 'script', 'broken', 'none', 'paragraph']
  await clickAll(
    tab,
    [...silent, ...ids].map((id) => `#${id}`),
  )
  await tab.evaluate(() => {
    // A right click.
    for (const type of ['auxclick', 'contextmenu'])
      document.querySelector('#label')!.dispatchEvent(new MouseEvent(type, { bubbles: true, button: 2 }))
  })
  await collector.until(() => captured(collector).length >= ids.length)

  const link = (id: string, text: string) => ['outbound_click', { url: `https://other.example/${id}`, text }]
  expect(captured(collector)).toEqual([
    [
      'outbound_click',
      { url: 'https://other.example/a?x=1', text: `Other site ${'long '.repeat(40)}`.slice(0, 100) },
    ],
    link('label', 'By its label'),
    link('image', 'By its image'),
    link('private', 'Public'),
    link('inside', ''),
    link('field', 'Edit'),
    link('area', 'An area'),
    link('svg', 'A drawing'),
    ['contact_click', { scheme: 'mailto' }],
    ['contact_click', { scheme: 'tel' }],
  ])
  expectNone(collector, ['hidden-'])
})

test('downloads: sends files by their extension or attribute, and nothing for pages', async ({
  tab,
  servers,
  site,
  collector,
}) => {
  const body = `
    <a id="pdf" href="/files/Report.PDF?version=2#page=3">Report</a>
    <a id="other" href="https://other.example/archive.tar.gz">Archive</a>
    <a id="added" href="/model.stl">Model</a>
    <a id="attribute" href="/export" download>Export</a>
    <a id="blob" href="blob:${'x'}" download="hidden-1.csv">Blob</a>
    <a id="page" href="/page.html">Page</a><a id="query" href="/page?file=a.pdf">Query</a>
    <a id="plain" href="blob:x">Blob without the attribute</a>`
  await openPage(tab, servers, { capture: 'downloads', downloads: '+stl', body })
  await clickAll(tab, ['#page', '#query', '#plain', '#pdf', '#other', '#added', '#attribute', '#blob'])
  await collector.until(() => captured(collector).length >= 5)

  const names = captured(collector).map(([name]) => name)
  expect(names).toEqual(Array(5).fill('file_download'))
  expect(captured(collector).map(([, properties]) => properties)).toEqual([
    { url: `${site.url}/files/Report.PDF?version=2#page=3`, extension: 'pdf', text: 'Report' },
    { url: 'https://other.example/archive.tar.gz', extension: 'gz', text: 'Archive' },
    { url: `${site.url}/model.stl`, extension: 'stl', text: 'Model' },
    { url: `${site.url}/export`, extension: '', text: 'Export' },
    expect.objectContaining({ text: 'Blob' }),
  ])
})

test('forms: sends what a form is, and no name or value of a field', async ({ tab, servers, collector }) => {
  const body = `
    <form id="contact" name="contact" action="/send?token=hidden-1" method="POST">
      <input name="hidden-2" value="hidden-3"><input type="password" name="hidden-4" value="hidden-5">
      <select name="hidden-6"><option>hidden-7</option></select><textarea name="hidden-8">hidden-9</textarea>
      <input type="hidden" name="hidden-10" value="hidden-11"><input value="hidden-12"><button>Send</button>
    </form>
    <form data-name="clobbered" action="/buy">
      <input name="id" value="hidden-13"><input name="action"><input name="elements"><input name="submit">
      <input name="name"><input name="method"><button id="buy">Buy</button>
    </form>`
  await openPage(tab, servers, { capture: 'forms', body })
  await tab.click('#contact button')
  await collector.until(() => captured(collector).length > 0)
  // The same form at once is one submission.
  await clickAll(tab, ['#contact button', '#contact button'])
  await tab.click('#buy')
  await collector.until(() => captured(collector).length > 1)

  expect(captured(collector)).toEqual([
    ['form_submit', { form: 'contact', name: 'contact', action: '/send', method: 'post', fields: 4 }],
    ['form_submit', { form: '', name: '', action: '/buy', method: 'get', fields: 6 }],
  ])
  expectNone(collector, ['hidden-'])
})

test('clicks: sends what marked elements say, the nearest alone and once', async ({
  tab,
  servers,
  collector,
}) => {
  const body = `
    <div data-zenovay-event="outer"><button id="nested" data-zenovay-event="inner" data-zenovay-prop-plan-name="pro">In</button></div>
    <button id="goal" data-zenovay-goal="order" data-zenovay-goal-value="30">Goal</button>
    <button id="revenue" data-zenovay-revenue="39.5" data-zenovay-currency="EUR">Revenue</button>
    <button id="broken" data-zenovay-revenue="abc" data-zenovay-event=" ">Broken</button>
    <label id="label" data-zenovay-event="agreed"><input type="checkbox"> Yes</label>
    <form data-zenovay-event="signup"><button type="button" id="inside">Nothing</button><button id="submit">Send</button></form>
    <input id="value" data-zenovay-event="typed" value="hidden-1">`
  await openPage(tab, servers, { capture: 'clicks', body })
  await tab.evaluate(() => {
    document.body.insertAdjacentHTML(
      'beforeend',
      '<button id="later" data-zenovay-event="later">Later</button>',
    )
  })
  await clickAll(tab, ['#nested', '#goal', '#revenue', '#broken', '#inside', '#value', '#later'])
  await tab.click('#label')
  await tab.click('#submit')
  await collector.until(() => captured(collector).length >= 7)

  expect(captured(collector)).toEqual([
    ['inner', { plan_name: 'pro' }],
    ['order', { value: 30 }],
    ['revenue', { amount: 39.5, currency: 'EUR' }],
    ['typed', {}],
    ['later', {}],
    ['agreed', {}],
    ['signup', {}],
  ])
  expectNone(collector, ['hidden-', 'outer'])
})

test('notfound: sends the status of the document, and that of a view of the application', async ({
  tab,
  servers,
  site,
  collector,
}) => {
  const page = trackedPage(servers, { variant: 'script', capture: 'notfound' })
  await tab.goto(site.addPage('/found', page))
  await untilCaptured(collector)
  await tab.evaluate(() => {
    document.head.insertAdjacentHTML('beforeend', '<meta name="zenovay-status" content="404">')
    history.pushState(null, '', '/view')
    document.title = 'View'
  })
  await collector.until(() => captured(collector).length > 0)
  expect(captured(collector)).toEqual([['not_found', { status: 404 }]])
  expect(collector.customEvents('not_found')[0]!.url).toBe(`${site.url}/view`)

  const hasStatus = await tab.evaluate(() => 'responseStatus' in PerformanceNavigationTiming.prototype)
  await tab.goto(site.addPage('/gone', page, {}, 410))
  await untilCaptured(collector, 2)
  if (hasStatus) await collector.until(() => captured(collector).length > 1)
  expect(captured(collector).slice(1)).toEqual(hasStatus ? [['not_found', { status: 410 }]] : [])
})
