import { useEffect } from 'react'
import * as tracker from '../tracker/index.js'

/** The tracking code and all options of `init`. */
export interface ZenovayProps extends tracker.TrackerOptions {
  /** Tracking code of the site, `ZV_…`. */
  code: string
}

/**
 * Starts tracking this page and renders nothing. Use it once, in the root component of the application.
 *
 * The tracker detects navigation within the page itself, with any router. Options are read when tracking
 * starts, so later changes of the props have no effect. Does nothing on a server.
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
  // The effect depends only on the code, because the options are a new object in every render. StrictMode
  // runs every effect twice, but `init` ignores the second call.
  useEffect(() => tracker.init(code, options), [code])
  return null
}

/**
 * Returns the commands of `@zenovay/tracker`. The object is the same in every render, so dependency arrays
 * may omit it.
 *
 * Commands that are called before tracking starts are queued until it starts. On a server, commands do
 * nothing.
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
  // Return the module object, so that bundlers can drop unused commands in applications that do not use this
  // hook.
  return tracker
}
