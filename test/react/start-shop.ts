import { version } from 'react'
import { createRoot } from 'react-dom/client'
import type { ZenovayProps } from '@zenovay/tracker/react'
import { createShop } from './shop.js'

export { renders } from './shop.js'
export { version }

/** Shows the shop; again, with the props of now. */
export function startShop(
  container: Element,
  props: ZenovayProps,
): { show(props: ZenovayProps): void; end(): void } {
  const root = createRoot(container)
  const show = (props: ZenovayProps) => root.render(createShop(props))
  show(props)
  return { show, end: () => root.unmount() }
}
