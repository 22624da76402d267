import { expect, it } from 'vitest'
import { bundleImport } from '../support/bundle-import.js'

const LIBRARY = 'largest-contentful-paint'

it('bundles web-vitals only for an application that imports vitals', async () => {
  const others = await bundleImport('{ capture, rage, dead, copy, video, views }', '@zenovay/tracker/capture')
  const vitals = await bundleImport('{ capture, vitals }', '@zenovay/tracker/capture')

  expect(others.code).not.toContain(LIBRARY)
  expect(others.code).not.toContain('pageshow')
  expect(vitals.code).toContain(LIBRARY)
  expect(vitals.imports).toEqual([])
})
