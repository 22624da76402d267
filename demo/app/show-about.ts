import { captureException } from '@zenovay/tracker/capture'
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
    createElement('pre', { data: { zenovayCopy: 'install' } }, 'npm install @zenovay/tracker'),
    createElement(
      'p',
      {},
      createElement(
        'a',
        { href: 'https://developer.mozilla.org/docs/Web/API/History_API' },
        'How that works',
      ),
      ' · ',
      createElement('a', { href: 'mailto:hello@quillbrook.example' }, 'Write to us'),
    ),
    createElement(
      'p',
      { className: 'faults' },
      createButton('Like this app', {
        zenovayEvent: 'liked',
        zenovayPropPlace: 'about',
        zenovayGoal: 'liked',
        zenovayRevenue: '1',
        zenovayCurrency: 'EUR',
      }),
      ' Three faults to be found in the dashboard: ',
      createButton('Throw', {}, () => {
        throw new Error('the pot is empty')
      }),
      ' an error, ',
      createButton('Report', {}, () => captureException(new Error('the lid is missing'), { view: 'about' })),
      ' one, and ',
      createButton('Stir', {}),
      ', which does nothing.',
    ),
  )
  return 'About'
}

function createButton(label: string, data: Record<string, string>, onClick?: () => void): HTMLElement {
  const button = createElement('button', { type: 'button', data }, label)
  if (onClick) button.addEventListener('click', onClick)
  return button
}
