import { listen } from './core.js'
import { sendPassive } from './send-passive.js'
import { selectorOf } from './selector-of.js'
import { textOf } from './text-of.js'

/** Elements that promise to do something when they are clicked. */
const CONTROL = 'a,button,[role=link],[role=button]'

/** Returns the innermost element of a path that matches. */
export const nearest = (path: Element[], selector: string): Element | undefined =>
  path.find((node) => node.matches(selector))

/** Sends a custom event about clicks on an element. */
export const sendClick = (name: string, element: Element): boolean =>
  sendPassive(name, { text: textOf(element), selector: selectorOf(element) })

/**
 * Listens to clicks of the visitor with the primary button. A key fires clicks, too, but their `detail` is 0. `control` is
 * the link or button that was clicked, if any.
 */
export const onPrimaryClick = (
  listener: (event: MouseEvent, path: Element[], control: Element | undefined) => void,
): void =>
  listen('click', (event, path) => {
    const click = event as MouseEvent
    if (click.isTrusted && click.detail && !click.button) listener(click, path, nearest(path, CONTROL))
  })
