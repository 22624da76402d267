import type { startZenovay } from '@zenovay/tracker/svelte'
import Layout from './layout.svelte'

/** Shows the shop with Svelte 4, whose components are classes. */
export function startShop(target: Element, ...zenovay: Parameters<typeof startZenovay>): void {
  new Layout({ target, props: { zenovay } })
}
