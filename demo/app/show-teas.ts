import { track } from '@zenovay/tracker'
import { createElement } from './create-element.js'
import type { View } from './start-router.js'
import { TEAS, chooseTea, type Tea } from './teas.js'

/** The view with the list of teas, which can be searched; each links to its timer. */
export const showTeas: View = (view) => {
  const term = new URLSearchParams(location.search).get('q') ?? ''
  const found = TEAS.filter(({ name }) => name.toLowerCase().includes(term.trim().toLowerCase()))
  view.append(
    createElement('h1', {}, 'What are you brewing?'),
    createSearch(term),
    createElement('ul', { className: 'shelf', data: { zenovayView: 'shelf' } }, ...found.map(createCard)),
  )
  return 'Brew guide'
}

function createSearch(term: string): HTMLElement {
  const input = createElement('input', {
    type: 'search',
    name: 'q',
    value: term,
    ariaLabel: 'Search the teas',
  })
  return createElement(
    'form',
    { action: '/app/', role: 'search', className: 'ask' },
    createElement('span', {}, input, createElement('button', { type: 'submit' }, 'Search')),
  )
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
