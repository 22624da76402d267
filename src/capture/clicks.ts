import { MAX_EVENT_NAME_LENGTH, MAX_PROPERTIES, MAX_PROPERTY_KEY_LENGTH } from '../contract/limits.js'
import type { Properties } from '../contract/wire.js'
import { listen, send, type Kind } from './core.js'

const EVENT = 'data-zenovay-event'
const GOAL = 'data-zenovay-goal'
const REVENUE = 'data-zenovay-revenue'
const PROPERTY = 'data-zenovay-prop-'
/** A click on a label fires a second one on its control. */
const REPEAT_MS = 50

/**
 * Clicks on elements that the page has marked, and submissions of marked forms: `data-zenovay-event="name"` is a custom
 * event, `data-zenovay-goal="name"` a goal with the optional `data-zenovay-goal-value`, `data-zenovay-revenue="39.5"` a
 * revenue with the optional `data-zenovay-currency`. Each `data-zenovay-prop-plan-name="pro"` is a property `plan_name`.
 *
 * Of nested marked elements only the nearest counts.
 */
export const clicks: Kind = () => {
  let lastElement: Element | undefined
  let lastAt = 0
  const handle = (event: Event, path: Element[]) => {
    const element = path.find((node) => node.matches(`[${EVENT}],[${GOAL}],[${REVENUE}]`))
    // Clicks within a marked form are not its submission.
    if (
      !element ||
      (event as MouseEvent).button ||
      (element.localName === 'form') !== (event.type === 'submit')
    )
      return
    const now = performance.now()
    if (element === lastElement && now - lastAt < REPEAT_MS) return
    lastElement = element
    lastAt = now
    const attribute = (name: string) => element.getAttribute(name)
    const properties: Properties = Object.fromEntries(
      [...element.attributes]
        .filter(({ name }) => name.startsWith(PROPERTY) && name !== PROPERTY)
        .slice(0, MAX_PROPERTIES - 2)
        .map(({ name, value }) => [
          name.slice(PROPERTY.length).replaceAll('-', '_').slice(0, MAX_PROPERTY_KEY_LENGTH),
          value,
        ]),
    )
    const sendMarked = (event_type: 'custom' | 'goal', name: string | null, more?: Properties) => {
      const event_name = name?.trim().slice(0, MAX_EVENT_NAME_LENGTH)
      if (event_name) send({ event_type, event_name, properties: { ...properties, ...more } })
    }
    sendMarked('custom', attribute(EVENT))
    const value = parseFloat(attribute(`${GOAL}-value`)!)
    sendMarked('goal', attribute(GOAL), Number.isFinite(value) ? { value } : {})
    const amount = Number(attribute(REVENUE) || NaN)
    if (Number.isFinite(amount))
      send({
        event_type: 'revenue',
        properties: { ...properties, amount, currency: attribute('data-zenovay-currency') || 'USD' },
      })
  }
  listen('click', handle)
  listen('submit', handle)
}
