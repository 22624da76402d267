import { onPrimaryClick, sendClick } from './control.js'
import { collector, guard, listen, options, when, type Kind } from './core.js'
import { FORGOTTEN, HIDING } from './moments.js'

const WAIT_MS = 2_000
/** Events that show that the page, or the browser for it, did something. */
const SIGNS = 'scroll focus blur submit invalid change toggle play copy'
/** Functions that show it, too: they begin a request or show a dialog. */
const CALLS = 'fetch alert confirm prompt print'

/**
 * Clicks on links and buttons that do nothing: `dead_click` with `text` and `selector`, when in two seconds after the click
 * nothing changed: not the document, the address, the scroll position, focus, selection or visibility, and when no dialog
 * was shown and no request began. Once for each element and counted page. A link whose click nobody prevented does what the
 * browser does.
 */
export const dead: Kind = () => {
  /** The page on which each element was last told of. */
  const told = new WeakMap<Element, unknown>()
  /** Number of signs of life so far. */
  let signs = 0
  /** Number of clicks that wait for one. */
  let waiting = 0
  const sign = () => {
    signs++
  }
  const observer = new MutationObserver(sign)

  onPrimaryClick((event, path, control) => {
    if (!control) return
    const before = signs
    const { href } = location
    // Not the event, which a press of the button fires, too, perhaps after the click.
    const selection = getSelection()
    const anchor = selection?.anchorNode
    const end = selection?.focusOffset
    setTimeout(
      guard(() => {
        if (!--waiting) observer.disconnect()
        if (
          signs === before &&
          location.href === href &&
          selection?.anchorNode === anchor &&
          selection?.focusOffset === end &&
          (event.defaultPrevented || !control.matches('[*|href]')) &&
          told.get(control) !== options.page
        ) {
          told.set(control, options.page)
          sendClick('dead_click', control)
        }
      }),
      WAIT_MS,
    )
    waiting++
    // The roots are the document, and the shadow trees that the element is in.
    path.forEach((node) =>
      observer.observe(node.getRootNode(), {
        subtree: true,
        childList: true,
        attributes: true,
        characterData: true,
      }),
    )
  })
  SIGNS.split(' ').forEach((type) => listen(type, sign))
  when(HIDING, sign)
  when(FORGOTTEN, sign)
  // Not an assignment, which throws if the page has frozen the object.
  const watchCalls = <Name extends string>(holder: Record<Name, () => void>, name: Name) =>
    Reflect.set(
      holder,
      name,
      new Proxy(holder[name], {
        apply(target, self, args) {
          // The tracker's own events are no answer to a click.
          if (args[0] !== collector) signs++
          return Reflect.apply(target, self, args) as void
        },
      }),
    )
  CALLS.split(' ').forEach((name) => watchCalls(window as never, name))
  watchCalls(XMLHttpRequest.prototype as never, 'send')
}
