import { listen, sendNamed, type Kind } from './core.js'

/** The same form again within this time is one submission. */
const REPEAT_MS = 1_000

/**
 * Submitted forms, also when the page prevents it: `form_submit` with `form` (the id), `name`, `action` without query,
 * `method` and `fields`, the number of visible controls that have a name. Never a value or the name of a field.
 */
export const forms: Kind = () => {
  const submittedAt = new WeakMap<Element, number>()
  listen('submit', (_event, [form]) => {
    const now = performance.now()
    if (!form || now - submittedAt.get(form)! < REPEAT_MS) return
    submittedAt.set(form, now)
    // Attributes, because an input named `action` hides the property.
    const attribute = (name: string) => form.getAttribute(name) || ''
    sendNamed('form_submit', {
      form: attribute('id'),
      name: attribute('name'),
      action: attribute('action').replace(/[?#].*/s, ''),
      method: attribute('method').toLowerCase() || 'get',
      fields: [...form.querySelectorAll('input[name],select[name],textarea[name]')].filter(
        (field) => field.getAttribute('type') !== 'hidden',
      ).length,
    })
  })
}
