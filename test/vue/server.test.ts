import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { globalNames } from '../support/global-names.js'
import { importApp } from '../support/import-app.js'

test('Vue: renders on the server without sending events or adding globals', async () => {
  const fetch = vi.spyOn(globalThis, 'fetch')
  const { renderShop } = await importApp<typeof import('./render-shop.js')>(
    join(import.meta.dirname, 'render-shop.ts'),
    { server: true },
  )
  const names = globalNames()

  expect(await renderShop('ZV_UnitTest1')).toBe('<button>buy</button>')
  expect(globalNames()).toEqual(names)
  expect(fetch).not.toHaveBeenCalled()
})
