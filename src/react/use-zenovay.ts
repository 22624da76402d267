import * as tracker from '../tracker/index.js'

/**
 * The commands of `@zenovay/tracker`, the same object in every render: it may be left out of dependency arrays.
 *
 * They may be called before `<Zenovay>` has started: calls wait for it. On a server they do nothing.
 *
 * @returns `typeof import('@zenovay/tracker')`: every function that it exports, with its documentation
 *
 * @example
 * 'use client'
 * import { useZenovay } from '@zenovay/tracker/react'
 *
 * export function SignUp() {
 *   const { track } = useZenovay()
 *   return <button onClick={() => track('signup', { plan: 'pro' })}>Sign up</button>
 * }
 */
export function useZenovay(): typeof tracker {
  // The module itself is as stable as an object can be. A build that leaves this hook out still drops its unused commands.
  return tracker
}
