import { connectKeyForm } from './connect-key-form.js'
import { createReportView } from './create-report-view.js'
import { createStoredValue } from './create-stored-value.js'
import { findElement } from './find-element.js'

const KEY_NAME = 'zenovay-dashboard-key'

const storedKey = createStoredValue(KEY_NAME)
const form = connectKeyForm((key) => {
  storedKey.write(key)
  open(key)
})
const view = createReportView({ onReport: () => form.hide(), onUnknownKey: (message) => form.show(message) })

findElement('forget-key').addEventListener('click', () => {
  storedKey.write(undefined)
  close()
})
// The key was removed or replaced in another tab.
addEventListener('storage', ({ key, newValue }) => {
  if (key !== KEY_NAME) return
  if (newValue === null) close()
  else open(newValue)
})

const key = storedKey.read()
if (key === undefined) form.show()
else open(key)

function open(key: string): void {
  form.hide()
  findElement('site-bar').hidden = false
  view.open(key)
}

function close(): void {
  view.close()
  findElement('site-bar').hidden = true
  form.show()
}
