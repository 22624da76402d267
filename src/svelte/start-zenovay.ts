import { onMount } from 'svelte'
import { init, type TrackerOptions } from '../tracker/index.js'

/**
 * Starts tracking this page when the component that calls it is mounted: the root layout.
 *
 * Call it while the component is created, as any `onMount`. Navigation within the page is counted by the tracker
 * itself, also that of SvelteKit. On a server nothing happens.
 *
 * @example
 * // <script lang="ts"> of src/routes/+layout.svelte
 * import { startZenovay, track } from '@zenovay/tracker/svelte'
 *
 * startZenovay('ZV_XXXXXXXXXXX', { apiUrl: 'https://collector.example' })
 * const signUp = () => track('signup', { plan: 'pro' })
 */
export function startZenovay(code: string, options?: TrackerOptions): void {
  // On mount, because svelte:head has set the title by then.
  onMount(() => init(code, options))
}
