import Layout from './layout.svelte'

/** What Svelte 4 compiles a component to for a server; the types here are those of Svelte 5. */
interface ServerComponent {
  render(props: object): { html: string }
}

/** The HTML of the shop from a server with Svelte 4. */
export function renderShop(code: string): string {
  return (Layout as unknown as ServerComponent).render({ zenovay: [code] }).html
}
