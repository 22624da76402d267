import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { MAJORS } from '../support/bundle-app.js'
import { globalNames } from '../support/global-names.js'
import { importApp } from '../support/import-app.js'

const FILES = { newest: 'render-shop.ts', oldest: 'render-shop-4.ts' }

test.each(MAJORS)('Svelte, %s major: renders on the server without events or new globals', async (majors) => {
  const fetch = vi.spyOn(globalThis, 'fetch')
  const { renderShop } = await importApp<typeof import('./render-shop.js')>(
    join(import.meta.dirname, FILES[majors]),
    { majors, server: true },
  )
  const names = globalNames()

  expect(renderShop('ZV_UnitTest1')).toContain('<button>buy</button>')
  expect(globalNames()).toEqual(names)
  expect(fetch).not.toHaveBeenCalled()
})
