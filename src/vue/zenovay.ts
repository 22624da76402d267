import type { Plugin } from 'vue'
import * as tracker from '../tracker/index.js'

/**
 * Creates a plugin that starts tracking this page when an application uses it.
 *
 * The tracker counts navigation within the page itself, with Vue Router or without. A second application on
 * the page does not start it again. Does nothing on a server. In Nuxt, call
 * `nuxtApp.vueApp.use(createZenovay(…))` in a plugin.
 *
 * @example
 * // main.ts
 * import { createApp } from 'vue'
 * import { createZenovay } from '@zenovay/tracker/vue'
 *
 * createApp({}).use(createZenovay('ZV_XXXXXXXXXXX', { apiUrl: 'https://collector.example' })).mount('#app')
 */
export function createZenovay(code: string, options?: tracker.TrackerOptions): Plugin {
  return { install: () => tracker.init(code, options) }
}

/**
 * Returns the commands of `@zenovay/tracker`, always the same object.
 *
 * Calls before the plugin has started wait for it. On a server they do nothing.
 *
 * @returns `typeof import('@zenovay/tracker')`: every exported function, with its documentation
 *
 * @example
 * // <script setup lang="ts">
 * import { useZenovay } from '@zenovay/tracker/vue'
 *
 * const { track } = useZenovay()
 * const signUp = () => track('signup', { plan: 'pro' })
 */
export function useZenovay(): typeof tracker {
  // The module object, so that bundlers drop unused commands where this function is not used.
  return tracker
}
