import { findElement } from './find-element.js'

/** The form for the API key. */
export interface KeyForm {
  show(error?: string): void
  hide(): void
}

/** Calls `onKey` with each submitted key. */
export function connectKeyForm(onKey: (key: string) => void): KeyForm {
  const form = findElement('key-form', HTMLFormElement)
  const input = findElement('key', HTMLInputElement)
  const error = findElement('key-error')

  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const key = input.value.trim()
    // Other characters are invalid in a header: fetch would throw, as for a network error.
    if (!/^zv_\w+$/.test(key)) {
      error.textContent =
        'Not an API key. A key starts with zv_ and contains only letters, digits and underscores.'
      return input.focus()
    }
    error.textContent = ''
    input.value = ''
    onKey(key)
  })

  return {
    show(message = '') {
      // Called every few seconds; screen readers must not repeat the same alert.
      if (error.textContent !== message) error.textContent = message
      if (!form.hidden) return
      form.hidden = false
      input.focus()
    },
    hide() {
      form.hidden = true
      error.textContent = ''
    },
  }
}
