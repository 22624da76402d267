import * as tracker from '../tracker/index.js'

/**
 * The commands of `@zenovay/tracker`, always the same object.
 *
 * They may be called before the plugin has started: calls wait for it. On a server they do nothing.
 *
 * @returns `typeof import('@zenovay/tracker')`: every function that it exports, with its documentation
 *
 * @example
 * // <script setup lang="ts">
 * import { useZenovay } from '@zenovay/tracker/vue'
 *
 * const { track } = useZenovay()
 * const signUp = () => track('signup', { plan: 'pro' })
 */
export function useZenovay(): typeof tracker {
  // The module itself, not a copy that lists commands. A build that leaves this function out still drops its unused ones.
  return tracker
}
