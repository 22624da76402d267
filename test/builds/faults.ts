export interface Fault {
  /** The buttons that provoke it. */
  buttons: string[]
  /**
   * The lines of which its fingerprint is made, the same in every engine: type, message, file and function. Without a stack
   * only type and message.
   */
  key: string[]
  /** The message of the group, which is that of the browser. */
  message: RegExp
}

const BASKET = ['/assets/basket*', '']
const PAYMENT = ['/assets/payment*', '']

/** The views of the shop with their faults. At most ten are sent of each page. */
export const VIEWS: Record<string, Fault[]> = {
  '/app/': [
    { buttons: ['Sum up'], key: ['TypeError', 'property of undefined', ...BASKET], message: /undefined/ },
    {
      buttons: ['Empty'],
      key: ['TypeError', 'not a function: empty', ...BASKET],
      message: /empty is not a function/,
    },
    { buttons: ['Discount'], key: ['ReferenceError', 'not defined: teaClub', ...BASKET], message: /teaClub/ },
    {
      buttons: ['Take some', 'Take more'],
      key: ['*', '* bags of * are missing at *', ...BASKET],
      message: /^(7|12) bags of '.+' are missing at https:/,
    },
    {
      buttons: ['Brew'],
      key: ['RangeError', 'too much recursion', ...BASKET],
      message: /^(Maximum call stack size|too much recursion)/,
    },
  ],
  '/app/payment': [
    { buttons: ['Read'], key: ['SyntaxError', 'invalid JSON', ...PAYMENT], message: /JSON/ },
    { buttons: ['Report'], key: ['Error', 'the pot is empty', ...PAYMENT], message: /^the pot is empty$/ },
    // Wraps the errors of failed requests, which alone would not be one group: only Chromium gives them a stack each time.
    {
      buttons: ['Ask banks'],
      key: ['AggregateError', 'No bank answers', ...PAYMENT],
      message: /^No bank answers$/,
    },
    { buttons: ['Decline'], key: ['Error', 'declined'], message: /^declined$/ },
    { buttons: ['Select'], key: ['SyntaxError', 'invalid selector', ...PAYMENT], message: /valid selector/ },
    {
      buttons: ['Load'],
      key: ['ResourceError', 'script failed to load'],
      message: /^script failed to load$/,
    },
  ],
  '/app/about': [
    {
      buttons: ['Throw'],
      key: ['Error', 'the pot is empty', '/assets/start-shop*', ''],
      message: /^the pot is empty$/,
    },
  ],
}
export const FAULTS = Object.values(VIEWS).flat()
