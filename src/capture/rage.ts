import { nearest, onPrimaryClick, sendClick } from './control.js'
import type { Kind } from './core.js'

const CLICKS = 4
const PAUSE_MS = 500
const DISTANCE_PX = 30
/** Where fast clicks are the way to use a control. */
const CALM =
  'input,textarea,select,label,video,audio,[role=slider],[role=spinbutton],[contenteditable],[data-zenovay-no-rage]'
/** Beside the buttons of a stepper or a player. */
const STEPPED = '[type=number],video,audio,[role=slider],[role=spinbutton]'

/**
 * Angry clicks: `rage_click` with `text` and `selector`, when a visitor clicks four times on the same control, or on the
 * same place that is none, with at most 500 ms from one click to the next, all within 30 px.
 *
 * Not on form controls, sliders, steppers and players, not if the clicks select text, and not within
 * `[data-zenovay-no-rage]`.
 */
export const rage: Kind = () => {
  let spot: Element | undefined
  let clicks: MouseEvent[] = []
  onPrimaryClick((click, path, control) => {
    const target = control || path[0]!
    const [first = click] = clicks
    if (
      target !== spot ||
      click.timeStamp - clicks.at(-1)!.timeStamp > PAUSE_MS ||
      Math.hypot(click.clientX - first.clientX, click.clientY - first.clientY) > DISTANCE_PX ||
      nearest(path, CALM) ||
      control?.parentElement?.querySelector(STEPPED) ||
      // Text that is selected elsewhere may stay so.
      (getSelection()?.isCollapsed === false && getSelection()!.containsNode(target, true))
    )
      clicks = []
    spot = target
    if (clicks.push(click) === CLICKS) sendClick('rage_click', target)
  })
}
