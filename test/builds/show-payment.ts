import { captureException } from '@zenovay/tracker/capture'
import { createElement } from '../../demo/app/create-element.js'
import { createView } from './create-view.js'

/** Defined by the build. */
declare const TERMINAL_FILE: string

const BANKS = ['north', 'south']

/** First in its file, so that it is left of the column 200 only in the first build. */
const terminal = {
  read(text: string): string {
    const { id } = JSON.parse(text) as { id: string }
    return id
  },
}

async function askBanks(): Promise<void> {
  // The server of the page does not speak TLS.
  const asked = await Promise.allSettled(BANKS.map((bank) => fetch(`https://${location.host}/${bank}`)))
  const faults = asked.map((answer) => (answer as PromiseRejectedResult).reason as unknown)
  throw new AggregateError(faults, 'No bank answers')
}

export const showPayment = createView('Payment', {
  Read: () => void terminal.read('<!doctype html>'),
  // The message of the fault in the view about the demo app.
  Report: () => captureException(new Error('the pot is empty', { cause: new RangeError('0 of 4 cups') })),
  'Ask banks': askBanks,
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
  Decline: () => void Promise.reject('declined'),
  Select: () => void document.querySelector('###'),
  Load: () => document.head.append(createElement('script', { src: TERMINAL_FILE })),
})
