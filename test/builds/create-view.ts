import { createElement } from '../../demo/app/create-element.js'
import type { View } from '../../demo/app/start-router.js'

/** A view with a button for each action, like the one about the demo app. */
export const createView =
  (title: string, actions: Record<string, () => unknown>): View =>
  (view) => {
    view.append(createElement('h1', {}, title))
    for (const [label, act] of Object.entries(actions)) {
      const button = createElement('button', { type: 'button' }, label)
      button.addEventListener('click', act)
      view.append(button)
    }
    return title
  }
