import { createElement } from './create-element.js'
import type { View } from './start-router.js'

/** The view that describes this app. */
export const showAbout: View = (view) => {
  view.append(
    createElement('h1', {}, 'About this app'),
    createElement(
      'p',
      {},
      'Three views and one page: a change of view is a change of address, without a load. The tracker sees each as a pageview.',
    ),
    createElement(
      'p',
      {},
      'It is plain TypeScript. The tracker comes in with an import, as it would in an app of yours.',
    ),
  )
  return 'About'
}
