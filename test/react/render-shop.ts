import { renderToString } from 'react-dom/server'
import type { ZenovayProps } from '@zenovay/tracker/react'
import { createShop, renders } from './shop.js'

/** The HTML of the shop, from a server that calls commands while it renders. */
export function renderShop(props: ZenovayProps): string {
  const html = renderToString(createShop(props))
  renders[0]!.track('rendered')
  renders[0]!.page()
  return html
}
