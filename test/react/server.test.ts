import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { MAJORS } from '../support/bundle-app.js'
import { globalNames } from '../support/global-names.js'
import { importApp } from '../support/import-app.js'

test.each(MAJORS)(
  'React, %s major: renders on the server without sending events or adding globals',
  async (majors) => {
    const fetch = vi.spyOn(globalThis, 'fetch')
    const { renderShop } = await importApp<typeof import('./render-shop.js')>(
      join(import.meta.dirname, 'render-shop.ts'),
      { majors, server: true },
    )
    const names = globalNames()

    expect(renderShop({ code: 'ZV_UnitTest1' })).toBe('<button>bought 0</button>')
    expect(globalNames()).toEqual(names)
    expect(fetch).not.toHaveBeenCalled()
  },
)
