import type { Plugin } from 'vue'
import * as tracker from '../tracker/index.js'

/**
 * Creates a plugin that starts tracking this page when an application installs the plugin.
 *
 * The tracker detects navigation within the page itself, with or without Vue Router. A second application on
 * the same page does not start the tracker again. Does nothing on a server. In Nuxt, call
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
 * Returns the commands of `@zenovay/tracker`. Every call returns the same object.
 *
 * Commands that are called before tracking starts are queued until it starts. On a server, commands do
 * nothing.
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
  // Return the module object, so that bundlers can drop unused commands in applications that do not use this
  // function.
  return tracker
}
