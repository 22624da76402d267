import { createElement, useState, type SyntheticEvent } from 'react'
import { createRoot } from 'react-dom/client'

const stop = (event: SyntheticEvent) => {
  event.preventDefault()
  event.stopPropagation()
}

/** A basket whose handlers keep their events to themselves, and replace what was clicked. */
function Basket() {
  const [count, setCount] = useState(0)
  const add = (event: SyntheticEvent) => {
    stop(event)
    setCount(count + 1)
  }
  return createElement(
    'form',
    { id: 'basket', onSubmit: stop },
    createElement(
      'button',
      {
        type: 'button',
        id: 'add',
        key: count,
        'data-zenovay-event': 'add',
        'data-zenovay-prop-count': count,
        onClick: add,
      },
      'Add',
    ),
    createElement('a', { id: 'partner', href: 'https://other.example/partner', onClick: stop }, 'Partner'),
    createElement('button', { id: 'send' }, 'Send'),
  )
}

/** Shows the basket. */
export const startBasket = (container: Element): void => createRoot(container).render(createElement(Basket))
