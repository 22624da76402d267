// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from 'vitest'
import { describeDevice } from '../../src/tracker/describe-device.js'
import { closePages } from './open-page.js'

afterEach(closePages)

const WEBKIT = 'AppleWebKit/537.36 (KHTML, like Gecko)'
const APPLE = 'AppleWebKit/605.1.15 (KHTML, like Gecko)'

const DEVICES: { name: string; agent: string; touch?: number; is: [type: string, browser: string, os: string] }[] = [
  { name: 'Chrome on Windows', agent: `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/126.0.0.0 Safari/537.36`, is: ['desktop', 'Chrom', 'Windows'] },
  { name: 'Chrome on Windows with a touch screen', agent: `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/126.0.0.0 Safari/537.36`, touch: 10, is: ['desktop', 'Chrom', 'Windows'] },
  { name: 'Edge on Windows', agent: `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/126.0.0.0 Safari/537.36 Edg/126.0.2592.87`, is: ['desktop', 'Chrom', 'Windows'] },
  { name: 'Opera on a Mac', agent: `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${WEBKIT} Chrome/125.0.0.0 Safari/537.36 OPR/111.0.0.0`, is: ['desktop', 'Chrom', 'Mac'] },
  { name: 'Safari on a Mac', agent: `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${APPLE} Version/17.5 Safari/605.1.15`, is: ['desktop', 'Safari', 'Mac'] },
  { name: 'Firefox on Linux', agent: 'Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0', is: ['desktop', 'Firefox', 'Linux'] },
  { name: 'Chrome on a Chromebook', agent: `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${WEBKIT} Chrome/126.0.0.0 Safari/537.36`, is: ['desktop', 'Chrom', 'Other'] },
  { name: 'Safari on an iPhone', agent: `Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) ${APPLE} Version/17.5 Mobile/15E148 Safari/604.1`, touch: 5, is: ['mobile', 'Safari', 'iP'] },
  { name: 'Chrome on an iPhone', agent: `Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) ${APPLE} CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1`, touch: 5, is: ['mobile', 'Safari', 'iP'] },
  { name: 'Firefox on an iPhone', agent: `Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) ${APPLE} FxiOS/127.0 Mobile/15E148 Safari/605.1.15`, touch: 5, is: ['mobile', 'Safari', 'iP'] },
  { name: 'Edge on an iPhone', agent: `Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) ${APPLE} Version/17.0 EdgiOS/126.0.2592.86 Mobile/15E148 Safari/604.1`, touch: 5, is: ['mobile', 'Safari', 'iP'] },
  { name: 'Safari on an iPad, which claims to be a Mac', agent: `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${APPLE} Version/17.5 Safari/605.1.15`, touch: 5, is: ['tablet', 'Safari', 'Mac'] },
  { name: 'an app on an iPad', agent: `Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) ${APPLE} Mobile/15E148`, touch: 5, is: ['tablet', 'Other', 'iP'] },
  { name: 'Chrome on an Android phone', agent: `Mozilla/5.0 (Linux; Android 10; K) ${WEBKIT} Chrome/126.0.0.0 Mobile Safari/537.36`, touch: 5, is: ['mobile', 'Chrom', 'Android'] },
  { name: 'Chrome on an Android tablet', agent: `Mozilla/5.0 (Linux; Android 10; K) ${WEBKIT} Chrome/126.0.0.0 Safari/537.36`, touch: 5, is: ['tablet', 'Chrom', 'Android'] },
  { name: 'Firefox on an Android tablet', agent: 'Mozilla/5.0 (Android 14; Tablet; rv:127.0) Gecko/127.0 Firefox/127.0', touch: 5, is: ['tablet', 'Firefox', 'Android'] },
  { name: 'Samsung Internet', agent: `Mozilla/5.0 (Linux; Android 14; SAMSUNG SM-S918B) ${WEBKIT} SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36`, touch: 5, is: ['mobile', 'Chrom', 'Android'] },
  { name: 'something unknown', agent: 'PlayStation', is: ['desktop', 'Other', 'Other'] },
]

for (const { name, agent, touch = 0, is } of DEVICES)
  test(`${name} is ${is.join(', ')}`, () => {
    vi.stubGlobal('navigator', { userAgent: agent, maxTouchPoints: touch, language: 'de' })
    vi.stubGlobal('screen', { width: 1280, height: 800 })
    const [device_type, browser, os] = is

    expect(describeDevice()).toEqual({ device_type, browser, os, user_agent: agent, language: 'de', screen: '1280x800' })
  })
