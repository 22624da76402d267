import { createHash } from 'node:crypto'
import type { Properties } from '../../src/contract/wire.js'
import { bundleShop, TERMINAL_FILES } from '../builds/bundle-shop.js'
import { FAULTS, VIEWS } from '../builds/faults.js'
import type { RecordingCollector } from '../support/recording-collector.js'
import type { SiteServer } from '../support/site-server.js'
import { expect, test } from '../support/store-fixtures.js'
import type { Tab } from '../support/tab.js'
import { DENY_WEBDRIVER, plainPage, TRACKING_CODE } from '../support/test-pages.js'

const HOME = '/app/'

// The fixture fails on errors of the page, and here they are on purpose. Warnings of the tracker are not.
test.use({ expectedMessages: /^(?!zenovay:)/ })

/** Deploys a build of the shop and returns the URL of its page. */
async function deploy(build: 0 | 1, site: SiteServer, collector: RecordingCollector): Promise<string> {
  const chunks = await bundleShop(build)
  for (const { fileName, code } of chunks)
    site.addPage(`/${fileName}`, code, { 'content-type': 'text/javascript' })
  for (const path of TERMINAL_FILES) site.addPage(path, '', {}, 404)
  const body = `
    ${Object.keys(VIEWS).map((path) => `<a href="${path}">${path}</a>`)}
    <main id="view" tabindex="-1" data-tracking-code="${TRACKING_CODE}" data-api-url="${collector.url}"></main>
    <script type="module" src="/${chunks.find(({ isEntry }) => isEntry)!.fileName}"></script>`
  return site.addPage(HOME, plainPage(site, { head: DENY_WEBDRIVER, body }))
}

const errorsOf = (collector: RecordingCollector): Properties[] =>
  collector.events().flatMap(({ event_type, properties }) => (event_type === 'error' ? [properties!] : []))

/** Opens each view of the shop, and provokes its faults once. Returns the errors that were sent. */
async function provokeAll(tab: Tab, home: string, collector: RecordingCollector): Promise<Properties[]> {
  const earlier = errorsOf(collector).length
  for (const [path, faults] of Object.entries(VIEWS)) {
    const pages = collector.pageviews().length
    await (path === HOME ? tab.goto(home) : tab.click(`a[href="${path}"]`))
    await collector.until(() => collector.pageviews().length > pages)

    const errors = errorsOf(collector).length
    const labels = faults.flatMap(({ buttons }) => buttons)
    await tab.evaluate((labels) => {
      const buttons = [...document.querySelectorAll<HTMLElement>('#view button')]
      // Later, when no function of the driver waits for the click.
      setTimeout(() => {
        for (const label of labels) buttons.find(({ textContent }) => textContent === label)!.click()
      })
    }, labels)
    await collector.until(() => errorsOf(collector).length >= errors + labels.length)
  }
  return errorsOf(collector).slice(earlier)
}

/** The first frame of each error that has one. */
const placesOf = (errors: Properties[]) =>
  errors.flatMap(({ message, frame_1 }) => {
    const [, name, file] = /^(.*?)@(.*?):\d+:\d+$/.exec(`${frame_1}`) ?? []
    return file ? [{ message, name: name!, file }] : []
  })

// That the engines agree is proved by the fingerprints: each of them has to make those of the same table.
test('groups each of 12 faults of two builds, and none with another', async ({
  tab,
  site,
  collector,
  store,
}) => {
  const first = placesOf(await provokeAll(tab, await deploy(0, site, collector), collector))
  const second = placesOf(await provokeAll(tab, await deploy(1, site, collector), collector))

  const files = second.map(({ file }) => file)
  expect(first.filter(({ file }) => files.includes(file))).toEqual([])
  const isRenamed = ({ message, name }: (typeof first)[number]) =>
    second.some((place) => place.message === message && /^..?$/.test(place.name) && place.name !== name)
  expect(first.filter(({ name }) => /^..?$/.test(name)).filter(isRenamed)).not.toEqual([])

  const faults = FAULTS.map(({ buttons, key, message }) => ({
    name: buttons.join(', '),
    fingerprint: createHash('md5').update(key.join('\n')).digest('hex').slice(0, 16),
    message: expect.stringMatching(message),
    times: 2 * buttons.length,
  }))
  const groups = async () =>
    (await store.errorGroups()).map(({ fingerprint, message, occurrence_count: times }) => ({
      name: faults.find((fault) => fault.fingerprint === fingerprint)?.name,
      fingerprint,
      message,
      times,
    }))
  await expect
    .poll(async () => (await groups()).toSorted((a, b) => a.fingerprint.localeCompare(b.fingerprint)))
    .toEqual(faults.toSorted((a, b) => a.fingerprint.localeCompare(b.fingerprint)))
  expect(faults).toHaveLength(12)
})
