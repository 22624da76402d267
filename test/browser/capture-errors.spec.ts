import { setTimeout as sleep } from 'node:timers/promises'
import type { Properties } from '../../src/contract/wire.js'
import { expect, test } from '../support/browser-fixtures.js'
import type { RecordingCollector } from '../support/recording-collector.js'
import { STUB } from '../support/script-tag.js'
import { trackedPage } from '../support/test-pages.js'

const ERRORS = { variant: 'script', capture: 'errors' } as const
/** The documented second line of the stub. */
const ERROR_STUB = `<script>
  ['error','unhandledrejection'].forEach(function(t){addEventListener(t,function(e){zenovay('error',e)},true)})
</script>`

// The fixture fails on errors of the page, and here they are thrown on purpose.
test.use({ expectedMessages: /planned|JSON/ })

const sent = (collector: RecordingCollector): Properties[] =>
  collector
    .events()
    .filter(({ event_type }) => event_type === 'error')
    .map(({ properties }) => properties!)

const untilCaptured = async (collector: RecordingCollector): Promise<void> => {
  await collector.until(() => collector.requests.some(({ path }) => path === '/capture.js'))
  await sleep(500)
}

test('sends an error that nobody has caught, with its frames', async ({ tab, servers, site, collector }) => {
  const body = `<script>
    function inner() { throw new TypeError('planned fault') }
    function outer() { inner() }
    addEventListener('planned', () => setTimeout(outer))
  </script>`
  await tab.goto(site.addPage('/', trackedPage(servers, { ...ERRORS, body })))
  await untilCaptured(collector)
  await tab.evaluate(() => void dispatchEvent(new Event('planned')))
  await collector.until(() => sent(collector).length > 0)

  const [properties] = sent(collector)
  expect(properties).toMatchObject({
    type: 'TypeError',
    message: 'planned fault',
    file: `${site.url}/`,
    handled: false,
  })
  expect(properties!['line']).toBeGreaterThan(5)
  expect(properties!['frame_1']).toMatch(new RegExp(`^inner@${site.url}/:\\d+:\\d+$`))
  expect(properties!['frame_2']).toMatch(new RegExp(`^outer@${site.url}/:\\d+:\\d+$`))
})

test('reports the same parse error at two places as two errors', async ({
  tab,
  servers,
  site,
  collector,
}) => {
  const body = `<script>
    const first = () => { JSON.parse('planned') }
    const second = () => { JSON.parse('planned') }
    addEventListener('planned', () => { setTimeout(first); setTimeout(second) })
  </script>`
  await tab.goto(site.addPage('/', trackedPage(servers, { ...ERRORS, body })))
  await untilCaptured(collector)
  await tab.evaluate(() => void dispatchEvent(new Event('planned')))
  await collector.until(() => sent(collector).length > 1)

  const [first, second] = sent(collector).map((properties) => Number(properties['line']))
  expect(first).toBeGreaterThan(5)
  expect(second).toBe(first! + 1)
})

test('sends a rejected promise and a reported error', async ({ tab, servers, site, collector }) => {
  await tab.goto(site.addPage('/', trackedPage(servers, { ...ERRORS })))
  await untilCaptured(collector)
  await tab.evaluate(() => {
    void Promise.reject(new RangeError('planned rejection'))
    window.zenovay!('error', new Error('planned report'), { step: 'pay' })
  })
  await collector.until(() => sent(collector).length > 1)

  expect(sent(collector)).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ type: 'RangeError', message: 'planned rejection', handled: false }),
      expect.objectContaining({ message: 'planned report', handled: true, step: 'pay' }),
    ]),
  )
})

test('sends errors from before the file was there, once', async ({ tab, servers, site, collector }) => {
  const head = `${STUB}${ERROR_STUB}<script>setTimeout(() => { throw new Error('planned early') })</script>`
  const body = `<script>setTimeout(() => { throw new Error('planned later') }, 50)</script>`
  await tab.goto(site.addPage('/', trackedPage(servers, { ...ERRORS, head, body })))
  await collector.until(() => sent(collector).length > 1)
  await sleep(300)

  expect(sent(collector).map(({ message }) => message)).toEqual(['planned early', 'planned later'])
})

test('sends 10 of 10,000 errors, in no task over 50 ms', async ({ tab, servers, site, collector }) => {
  await tab.goto(site.addPage('/', trackedPage(servers, { ...ERRORS })))
  await untilCaptured(collector)
  const longest = await tab.evaluate(async () => {
    let longest = 0
    for (let n = 0; n < 100; n++) {
      const errors = Array.from({ length: 100 }, (_, i) => new Error(`planned ${n * 100 + i}`))
      const start = performance.now()
      for (const error of errors) window.zenovay!('error', error)
      longest = Math.max(longest, performance.now() - start)
      await new Promise((resolve) => setTimeout(resolve))
    }
    return longest
  })
  await collector.until(() => sent(collector).length >= 10)
  await sleep(300)

  expect(sent(collector)).toHaveLength(10)
  expect(longest).toBeLessThan(50)
})

test('throws and logs nothing for hostile errors', async ({ tab, servers, site, collector }) => {
  await tab.goto(site.addPage('/', trackedPage(servers, { ...ERRORS })))
  await untilCaptured(collector)
  await tab.evaluate(() => {
    const broken = () => {
      throw new Error('hostile')
    }
    const hostile: unknown[] = [
      new Proxy({}, { get: broken, has: broken, getPrototypeOf: broken }),
      Object.defineProperty(new Error('planned a'), 'message', { get: broken }),
      Object.defineProperty(new Error('planned b'), 'stack', { get: broken }),
      { toString: broken },
      Object.assign(new Error('planned c'), { stack: 'f@https://a.example/b.js:1:2\n'.repeat(200_000) }),
    ]
    for (const error of hostile) window.zenovay!('error', error)
  })
  // Three of them say nothing of themselves, and are the same.
  await collector.until(() => sent(collector).length >= 3)
})

test('sends a script of the own origin that does not load', async ({ tab, servers, site, collector }) => {
  await tab.goto(site.addPage('/', trackedPage(servers, { ...ERRORS })))
  await untilCaptured(collector)
  await tab.evaluate(() => {
    // Without a request, which the site would have to answer.
    const script = document.createElement('script')
    script.type = 'text/plain'
    script.src = '/broken.js?v=1'
    document.body.append(script)
    script.dispatchEvent(new Event('error'))
  })
  await collector.until(() => sent(collector).length > 0)

  expect(sent(collector)[0]).toMatchObject({ type: 'ResourceError', file: `${site.url}/broken.js` })
})
