import { findElement } from './find-element.js'

/** The form that asks for the API key. */
export interface KeyForm {
  show(error?: string): void
  hide(): void
}

/** Hands on every key that is pasted into the form. */
export function connectKeyForm(onKey: (key: string) => void): KeyForm {
  const form = findElement('key-form', HTMLFormElement)
  const input = findElement('key', HTMLInputElement)
  const error = findElement('key-error')

  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const key = input.value.trim()
    // Other characters cannot stand in a header: fetch would throw, as if the network were down.
    if (!/^zv_\w+$/.test(key)) {
      error.textContent = 'This is not an API key: one begins with zv_ and has letters and digits only.'
      return input.focus()
    }
    error.textContent = ''
    input.value = ''
    onKey(key)
  })

  return {
    show(message = '') {
      // Asked again every few seconds: the same alert must not be read out again.
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
