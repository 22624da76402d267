import { useEffect } from 'react'
import * as tracker from '../tracker/index.js'

/** The tracking code, and every option of `init`. */
export interface ZenovayProps extends tracker.TrackerOptions {
  /** The tracking code of the site. */
  code: string
}

/**
 * Starts tracking this page; renders nothing. Use it once, in the root of the application.
 *
 * The tracker counts navigation within the page itself, with any router. Options are read on start; later
 * changes of props have no effect. Does nothing on a server.
 *
 * @example
 * // app/layout.tsx (Next, app router); in the pages router it is pages/_app.tsx
 * import type { ReactNode } from 'react'
 * import { Zenovay } from '@zenovay/tracker/react'
 *
 * export default function Layout({ children }: { children: ReactNode }) {
 *   return (
 *     <html lang="en">
 *       <body>
 *         {children}
 *         <Zenovay code="ZV_XXXXXXXXXXX" apiUrl="https://collector.example" />
 *       </body>
 *     </html>
 *   )
 * }
 */
export function Zenovay({ code, ...options }: ZenovayProps): null {
  // Depends on the code alone, which may be empty until the application has loaded its settings: the options
  // are a new object in every render. StrictMode runs every effect twice; init ignores the second call.
  useEffect(() => tracker.init(code, options), [code])
  return null
}

/**
 * Returns the commands of `@zenovay/tracker`: the same object in every render, so that dependency arrays may
 * omit it.
 *
 * Calls before `<Zenovay>` has started wait for it. On a server they do nothing.
 *
 * @returns `typeof import('@zenovay/tracker')`: every exported function, with its documentation
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
  // The module object is stable, and bundlers drop unused commands where this hook is not used.
  return tracker
}
