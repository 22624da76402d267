import type { Plugin } from 'vue'
import { init, type TrackerOptions } from '../tracker/index.js'

/**
 * A plugin that starts tracking this page when an application uses it.
 *
 * Navigation within the page is counted by the tracker itself, also that of Vue Router. A second application of the
 * page starts nothing anew. On a server nothing happens: in Nuxt, let a plugin give it to `nuxtApp.vueApp.use`.
 *
 * @example
 * // main.ts
 * import { createApp } from 'vue'
 * import { createZenovay } from '@zenovay/tracker/vue'
 *
 * createApp({}).use(createZenovay('ZV_XXXXXXXXXXX', { apiUrl: 'https://collector.example' })).mount('#app')
 */
export function createZenovay(code: string, options?: TrackerOptions): Plugin {
  return { install: () => init(code, options) }
}
