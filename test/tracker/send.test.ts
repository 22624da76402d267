// @vitest-environment happy-dom
import { afterEach, expect, test } from 'vitest'
import { closePages, openTrackedPage } from './open-page.js'

afterEach(closePages)

for (const [maxTouchPoints, device_type] of [
  [0, 'auto'],
  [undefined, 'auto'],
  [5, 'touch'],
] as const)
  test(`sends device type ${device_type} for ${maxTouchPoints} touch points and leaves browser and OS to the collector`, async () => {
    const page = await openTrackedPage({ navigator: { userAgent: 'Mozilla/5.0', maxTouchPoints } })

    expect(page.posts[0]![0]).toMatchObject({
      device_type,
      browser: 'auto',
      os: 'auto',
      user_agent: 'Mozilla/5.0',
    })
  })
