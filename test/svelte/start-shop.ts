import { mount } from 'svelte'
import type { startZenovay } from '@zenovay/tracker/svelte'
import Layout from './layout.svelte'

/** Shows the shop with Svelte 5. */
export function startShop(target: Element, ...zenovay: Parameters<typeof startZenovay>): void {
  mount(Layout, { target, props: { zenovay } })
}
