import { createSSRApp, h } from 'vue'
import { renderToString } from 'vue/server-renderer'
import { createZenovay, useZenovay } from '@zenovay/tracker/vue'

/** The HTML of the shop, from a server that calls commands while it renders. */
export function renderShop(code: string): Promise<string> {
  const shop = createSSRApp(() => {
    const { track, page } = useZenovay()
    track('rendered')
    page()
    return h('button', 'buy')
  })
  return renderToString(shop.use(createZenovay(code)))
}
