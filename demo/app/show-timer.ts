import { track } from '@zenovay/tracker'
import { createElement } from './create-element.js'
import type { View } from './start-router.js'
import { chosenTea } from './teas.js'

let timer: ReturnType<typeof setInterval> | undefined

/** The brewing timer of the chosen tea. */
export const showTimer: View = (view) => {
  const tea = chosenTea()
  const clock = createElement('p', { className: 'timer', role: 'timer' }, formatClock(tea.minutes * 60))
  const start = createElement('button', { id: 'start-timer', type: 'button' }, 'Start')
  start.addEventListener('click', () => {
    track('brew_started', { tea: tea.name, minutes: tea.minutes })
    runClock(clock, tea.minutes * 60)
  })
  view.append(
    createElement('h1', {}, tea.name),
    createElement('p', {}, `Water at ${tea.celsius} °C, then leave it alone.`),
    clock,
    start,
    createElement(
      'p',
      {},
      createElement('audio', { controls: true, preload: 'none', src: '/kettle.wav', title: 'Kettle' }),
    ),
    createElement('p', {}, createElement('a', { href: '/brew-guide.txt' }, 'All times as a file')),
  )
  return 'Timer'
}

function runClock(clock: HTMLElement, seconds: number): void {
  const end = Date.now() + seconds * 1000
  clearInterval(timer)
  timer = setInterval(() => {
    const left = Math.max(0, Math.round((end - Date.now()) / 1000))
    clock.textContent = left > 0 ? formatClock(left) : 'Pour.'
    if (left === 0 || !clock.isConnected) clearInterval(timer)
  }, 250)
}

function formatClock(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
