import type { Options } from '../tracker/options.js'
import type { OutgoingEvent } from '../tracker/tracker-options.js'

/**
 * One kind of captured event, such as clicks on outbound links. It is started once for each page load.
 *
 * @example
 * export const print: Kind = {
 *   name: 'print',
 *   start(door, { listen, send }) {
 *     listen('beforeprint', () => send({ event_type: 'custom', event_name: 'print' }))
 *   },
 * }
 */
export interface Kind {
  /** Its name in `data-capture`. */
  name: string
  start(door: Door, tools: Tools): Hooks | void
}

/**
 * What a kind is told. None is called before the first page is counted, and none has to catch its errors.
 */
export interface Hooks {
  /** A page was counted: `door.page()` is its pageview. Also called when the kind starts, for the page counted then. */
  onPage?(): void
  /** Another page is about to be counted: `door.page()` is still the one before. */
  onPageEnd?(): void
  /** The page is hidden or left. What is sent in it goes with a beacon. May be called several times. */
  onHide?(): void
  /**
   * `reset`, `disable` or `consent('denied')`: drops what is being measured, unsent. `door.page()` is undefined from
   * then on until another page is counted.
   */
  onForget?(): void
}

/** What the tracker lets capture do. */
export interface Door {
  /**
   * The pageview now counted as it was sent: url, title, `event_id`, the IDs and the mark `cookieless` of that moment.
   * Undefined after the IDs were deleted.
   */
  page(): OutgoingEvent | undefined
  /** Extends the session, as an event does. */
  keepAlive(): void
  /** Sends every unsent event with a beacon now. */
  flush(): void
  /** The options: data attributes of the tag by their names in `dataset`, or those of `init`. */
  options: Options
  /** URL to which events are sent, `…/e/ZV_…`; may be relative to the page. */
  collector: string
  /** Commands of `zenovay()`, which a kind may add to; undefined in the npm package. */
  commands: Record<string, (...args: never[]) => unknown> | undefined
  /** Arguments of the calls of the command `error` so far, at most ten. */
  errors: unknown[][] | undefined
}

/** An event of a kind. Strings of its properties are cut to the length that the collector stores. */
export type CapturedEvent = Pick<
  OutgoingEvent,
  'event_type' | 'event_name' | 'properties' | 'interactive' | 'url' | 'title' | 'event_id'
>

/** What kinds share. */
export interface Tools {
  /**
   * Listens on window, in the capture phase and passively: it sees the event before the page can stop it, and cannot
   * prevent it. `path` are the elements from the innermost outwards, through open shadow roots.
   */
  listen(type: string, listener: (event: Event, path: Element[]) => void): void
  /** Calls `work`, and logs what it throws: for timers and observers. */
  guard<Args extends unknown[]>(work: (...args: Args) => void): (...args: Args) => void
  /**
   * Sends an event of the page that the address bar shows, or of a given pageview with its url, title and IDs; the latter
   * opens no session. Returns false, and sends nothing, beyond 20 events in 10 s or 100 for each counted page.
   */
  send(event: CapturedEvent, page?: OutgoingEvent): boolean
  /** Logs one warning for each text. */
  warn(subject: unknown, problem: unknown): void
  /** Reads an attribute, also of a form in which an input named `getAttribute` hides the method. */
  attributeOf(element: Element, name: string): string | null
  /**
   * Text of an element: its content, else `aria-label`, else the `alt` of an image in it; spaces collapsed, at most 100
   * characters. Nothing from within `[data-private]`, form controls and editable text.
   */
  textOf(element: Element): string
}

/** Version of {@link Kind} for files that are loaded apart. Increase it with every change of these types. */
export const KIND_VERSION = 1
