// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from 'vitest'
import { describeDevice } from '../../src/tracker/describe-device.js'
import { closePages } from './open-page.js'

afterEach(closePages)

for (const [maxTouchPoints, device_type] of [
  [0, 'auto'],
  [undefined, 'auto'],
  [5, 'touch'],
] as const)
  test(`with ${maxTouchPoints} touch points the device is ${device_type}, and the collector reads the rest from the user agent`, () => {
    vi.stubGlobal('navigator', { userAgent: 'Mozilla/5.0', maxTouchPoints })

    expect(describeDevice()).toEqual({ device_type, browser: 'auto', os: 'auto', user_agent: 'Mozilla/5.0' })
  })
