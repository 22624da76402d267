import { onMount } from 'svelte'
import { init, type TrackerOptions } from '../tracker/index.js'

/**
 * Starts tracking this page when the calling component, usually the root layout, is mounted.
 *
 * Call this function during component initialisation, like `onMount`. The tracker detects navigation within
 * the page itself, with or without SvelteKit. Does nothing on a server.
 *
 * @example
 * // <script lang="ts"> of src/routes/+layout.svelte
 * import { startZenovay, track } from '@zenovay/tracker/svelte'
 *
 * startZenovay('ZV_XXXXXXXXXXX', { apiUrl: 'https://collector.example' })
 * const signUp = () => track('signup', { plan: 'pro' })
 */
export function startZenovay(code: string, options?: TrackerOptions): void {
  // Start the tracker on mount, because svelte:head has set the title by then.
  onMount(() => init(code, options))
}
