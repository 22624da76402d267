import { track } from '@zenovay/tracker'
import { createElement } from './create-element.js'
import type { View } from './start-router.js'
import { TEAS, chooseTea, type Tea } from './teas.js'

/** The view with the list of teas; each links to its timer. */
export const showTeas: View = (view) => {
  view.append(
    createElement('h1', {}, 'What are you brewing?'),
    createElement('ul', { className: 'shelf' }, ...TEAS.map(createCard)),
  )
  return 'Brew guide'
}

function createCard(tea: Tea): HTMLElement {
  const link = createElement(
    'a',
    { href: '/app/timer' },
    createElement('b', {}, tea.name),
    createElement('span', {}, `${tea.minutes} minutes at ${tea.celsius} °C`),
  )
  link.addEventListener('click', () => {
    chooseTea(tea)
    track('tea_chosen', { tea: tea.name })
  })
  return createElement('li', {}, link)
}
