import { guard, listen } from './core.js'

const READ_MS = 250
/** A router has replaced the page by then. */
const SETTLED_MS = 1_000

let countedAt = 0
let address: string
/** The element that scrolled last. */
let scrolled: Element | undefined
/** The largest element that scrolled. Undefined: the document, which has not. */
let scroller: Element | undefined
let scrollerArea = 0
let bottom = 0
let height = 0
let isWaiting = false

// Without the hash, which changes within a page.
const readAddress = () => location.pathname + location.search

/**
 * Whether the page now counted is still shown. A router may already show the next page, which is not counted yet, or never,
 * because it is excluded.
 */
export const isShown = (): boolean => address === readAddress()

/** Reads how far the page is scrolled now. */
export const readScroll = (): void => {
  if (performance.now() - countedAt < SETTLED_MS || !isShown()) return
  if (scrolled) {
    const { clientWidth, clientHeight } = scrolled
    const area = clientWidth * clientHeight
    if (area > scrollerArea && clientWidth * 2 >= innerWidth && clientHeight * 2 >= innerHeight) {
      if (scrolled !== scroller) bottom = height = 0
      scroller = scrolled
      scrollerArea = area
    }
  }
  const { scrollTop, clientHeight, scrollHeight } = scroller ?? document.scrollingElement!
  height = Math.max(height, scrollHeight)
  // Overscroll goes beyond the end.
  bottom = Math.max(bottom, Math.min(scrollTop + clientHeight, scrollHeight))
}

/** Reads the scroll in an animation frame soon, once for all calls within 250 ms. */
export const readScrollSoon = (): void => {
  if (isWaiting) return
  isWaiting = true
  setTimeout(
    guard(() =>
      requestAnimationFrame(
        guard(() => {
          isWaiting = false
          readScroll()
        }),
      ),
    ),
    READ_MS,
  )
}

/** Begins to measure a page that was just counted. */
export const resetScroll = (): void => {
  countedAt = performance.now()
  address = readAddress()
  scrolled = scroller = undefined
  scrollerArea = bottom = height = 0
  setTimeout(guard(readScrollSoon), SETTLED_MS)
}

export const watchScroll = (): void =>
  listen('scroll', (_event, [element]) => {
    scrolled = element ?? document.scrollingElement!
    readScrollSoon()
  })

/**
 * The part of the page that was seen, 0 to 100: the largest bottom of what was visible, of the largest height that the page
 * had. Images that come late and an accordion that closes do not spoil it. 0 if it was not read yet.
 */
export const scrollDepth = (): number => Math.round((bottom / height) * 100) || 0
