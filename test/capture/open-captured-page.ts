import type { Kind } from '../../src/capture/core.js'
import { openTrackedPage, type Page, type PageSetup } from '../tracker/open-page.js'

/** A tracked page on which kinds are started, as `capture()` of the npm package does. */
export interface CapturedPage extends Page {
  run(...call: unknown[]): unknown
  /** Fires an event whose path is this element and those around it, and lets what it causes be sent. */
  act(type: string, element: Element, properties?: object): Promise<void>
  /** Every event so far except pageviews, of POSTs and beacons, each once. */
  captured(): Record<string, unknown>[]
}

/**
 * Opens a tracked page and starts kinds on it. `load` imports them, so that they share the modules of this page and of no
 * page before.
 *
 * @example
 * const page = await openCapturedPage(async () => [(await import('../../src/capture/outbound.js')).outbound])
 * await page.act('click', link, { button: 0 })
 */
export async function openCapturedPage(
  load: () => Promise<Kind[]>,
  setup: PageSetup = {},
): Promise<CapturedPage> {
  const page = await openTrackedPage(setup)
  const { openDoor } = await import('../../src/tracker/open-door.js')
  const core = await import('../../src/capture/core.js')
  const { getVisitorId } = await import('../../src/tracker/commands.js')
  openDoor(core.connect, { getVisitorId })
  for (const kind of await load()) kind()
  await page.settle()
  return {
    ...page,
    async act(type, element, properties = {}) {
      page.fire(type, { composedPath: () => pathOf(element), ...properties })
      await page.settle()
    },
    captured() {
      const events = [...page.posts, ...page.beacons].flat().filter(({ event_type }) => event_type)
      const ids = events.map(({ event_id }) => event_id)
      return events.filter(({ event_id }, index) => ids.indexOf(event_id) === index)
    },
  }
}

function pathOf(element: Element | null): EventTarget[] {
  return element ? [element, ...pathOf(element.parentElement)] : [document, window]
}
