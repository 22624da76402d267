import { render } from 'svelte/server'
import Layout from './layout.svelte'

/** The HTML of the shop from a server with Svelte 5. */
export function renderShop(code: string): string {
  return render(Layout, { props: { zenovay: [code] } }).body
}
