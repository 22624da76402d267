import { useEffect } from 'react'
import { init, type TrackerOptions } from '../tracker/index.js'

/** Every option of `init`, and the tracking code. */
export interface ZenovayProps extends TrackerOptions {
  /** The tracking code of the site. */
  code: string
}

/**
 * Starts tracking this page; renders nothing. Once, in the root of the application.
 *
 * Navigation within the page is counted by the tracker itself, whichever router causes it. Options are read when it
 * starts: props that change later change nothing. On a server nothing happens.
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
  // Again only for another code, as one that was empty until the application had loaded its settings: the options are
  // a new object in every render. StrictMode runs every effect twice, and init twice is once.
  useEffect(() => init(code, options), [code])
  return null
}
