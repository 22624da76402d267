import { guard, listen, options, when, type Kind } from './core.js'
import { COUNTED } from './moments.js'
import { sendPassive } from './send-passive.js'

const VIEW = 'data-zenovay-view'
const SEEN_MS = 1_000

/**
 * Elements with `data-zenovay-view="name"` that were seen: `view` with `name`, when half of the element, or as much of it as
 * half of the viewport, was visible for one second without a break. Once for each name and counted page, also for elements
 * that are added later.
 */
export const views: Kind = () => {
  /** The page on which each name was last seen. */
  const seen = new Map<string, unknown>()
  const visible = new Map<Element, IntersectionObserverEntry>()
  const observer = new IntersectionObserver(
    guard((entries: IntersectionObserverEntry[]) =>
      entries.forEach((entry) => {
        const { target, intersectionRect } = entry
        if (
          entry.intersectionRatio < 0.5 &&
          intersectionRect.width * intersectionRect.height < (innerWidth * innerHeight) / 2
        )
          visible.delete(target)
        else if (!visible.has(target)) {
          visible.set(target, entry)
          setTimeout(
            guard(() => {
              const name = target.getAttribute(VIEW)
              if (visible.get(target) === entry && name && seen.get(name) !== options.page) {
                seen.set(name, options.page)
                sendPassive('view', { name })
              }
            }),
            SEEN_MS,
          )
        }
      }),
    ),
    { threshold: Array.from({ length: 101 }, (_, percent) => percent / 100) },
  )
  const find = () => document.querySelectorAll(`[${VIEW}]`).forEach((element) => observer.observe(element))
  // A new observation reports in the next frame what is visible.
  const restart = () => {
    visible.clear()
    observer.disconnect()
    find()
  }
  listen('visibilitychange', restart)
  when(COUNTED, restart)
  new MutationObserver(guard(find)).observe(document, { subtree: true, childList: true })
}
