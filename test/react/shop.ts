import { createElement, StrictMode, useState, type ReactElement } from 'react'
import { useZenovay, Zenovay, type ZenovayProps } from '@zenovay/tracker/react'

/** What the hook gave in each render. */
export const renders: ReturnType<typeof useZenovay>[] = []

function BuyButton() {
  const [bought, setBought] = useState(0)
  const zenovay = useZenovay()
  renders.push(zenovay)
  const buy = () => {
    zenovay.track('buy', { position: bought })
    setBought(bought + 1)
  }
  return createElement('button', { onClick: buy }, `bought ${bought}`)
}

/** An application in StrictMode, which starts the tracker and uses it. */
export function createShop(props: ZenovayProps): ReactElement {
  return createElement(StrictMode, null, createElement(Zenovay, props), createElement(BuyButton))
}
