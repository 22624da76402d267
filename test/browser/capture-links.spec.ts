import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '../support/browser-fixtures.js'
import type { RecordingServers } from '../support/recording-servers.js'
import type { ClickManner } from '../support/tab.js'
import { plainPage, trackedPage } from '../support/test-pages.js'

/** What a visitor can do with a link, by the path of its page. */
const CLICKS: Record<string, ClickManner | 'enter'> = {
  right: { button: 'right' },
  prevented: {},
  middle: { button: 'middle' },
  control: { key: 'Control' },
  shift: { key: 'Shift' },
  enter: 'enter',
  plain: {},
}
const BODY = (servers: RecordingServers) => {
  const other = servers.site.url.replace('localhost', '127.0.0.1')
  return `${Object.keys(CLICKS)
    .map((name) => `<p><a id="${name}" href="${other}/${name}">The ${name} one</a></p>`)
    .join('')}<script>
      document.querySelector('#prevented').addEventListener('click', (event) => event.preventDefault())
    </script>`
}

test.skip(
  ({ browserName }) => browserName === 'webkit',
  'its driver presses no other buttons or keys with a click',
)

test('sees every click but the right one, and each leads where it leads without us', async ({
  openTab,
  servers,
  site,
  collector,
}) => {
  const opening = Object.keys(CLICKS).filter((name) => name !== 'right' && name !== 'prevented')
  // The others open a tab or window.
  const leaving = ['enter', 'plain']
  for (const name of Object.keys(CLICKS)) site.addPage(`/${name}`, plainPage(site))
  const clickAll = async (capture: string | undefined) => {
    const tab = await openTab()
    const home = site.addPage(
      '/',
      trackedPage(servers, { variant: 'script', ...(capture && { capture }), body: BODY(servers) }),
    )
    const open = async () => {
      await tab.goto(home)
      if (capture)
        await expect
          .poll(() => tab.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name)))
          .toContainEqual(expect.stringMatching(/vitals\.js$/))
      await sleep(300)
      site.visits.length = 0
    }
    const opened: string[] = []
    await open()
    for (const [name, manner] of Object.entries(CLICKS)) {
      if (manner === 'enter') await tab.pressEnter(`#${name}`)
      else await tab.click(`#${name}`, manner)
      // The page of a click that leads nowhere would come before the next one.
      if (opening.includes(name)) await expect.poll(() => site.visits).toContain(`/${name}`)
      opened.push(...site.visits.splice(0))
      if (!leaving.includes(name)) continue
      await expect.poll(() => tab.url()).toContain(`/${name}`)
      await open()
    }
    return opened
  }

  const expected = opening.map((name) => `/${name}`)
  expect(await clickAll(undefined)).toEqual(expected)
  expect(await clickAll('all')).toEqual(expected)
  await collector.until(() => collector.customEvents('outbound_click').length > 5)
  const clicked = collector.customEvents('outbound_click').map(({ properties }) => properties!['text'])
  expect(clicked.toSorted()).toEqual(
    Object.keys(CLICKS)
      .filter((name) => name !== 'right')
      .map((name) => `The ${name} one`)
      .toSorted(),
  )
})
