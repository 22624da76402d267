import { createApp, defineComponent, h } from 'vue'
import { createZenovay, useZenovay } from '@zenovay/tracker/vue'

/** What the function gave to each component. */
export const given: ReturnType<typeof useZenovay>[] = []

const BuyButton = defineComponent(() => {
  const zenovay = useZenovay()
  given.push(zenovay)
  return () => h('button', { onClick: () => zenovay.track('buy') }, 'buy')
})

/** Shows the shop: an application that starts the tracker and uses it twice. */
export function startShop(container: Element, ...zenovay: Parameters<typeof createZenovay>): void {
  createApp(() => [h(BuyButton), h(BuyButton)])
    .use(createZenovay(...zenovay))
    .mount(container)
}
