import { nearest } from './control.js'
import { listen, type Kind } from './core.js'
import { sendPassive } from './send-passive.js'
import { isPrivate } from './text-of.js'

const COPY = 'data-zenovay-copy'

/**
 * Text that was copied: `copy` with its `length`, and `element`, the nearest `data-zenovay-copy` or `id`. Never the text
 * itself, and nothing from form controls, editable text and `[data-private]`.
 */
export const copy: Kind = () =>
  listen('copy', (_event, path) => {
    const selection = getSelection()
    // The text of the range: that of the selection is what is rendered, and needs a layout.
    const length = selection?.rangeCount && selection.getRangeAt(0).toString().length
    const element = nearest(path, `[${COPY}],[id]`)
    if (length && !isPrivate(path[0]))
      sendPassive('copy', {
        length,
        element: element?.getAttribute(COPY) || element?.getAttribute('id') || '',
      })
  })
