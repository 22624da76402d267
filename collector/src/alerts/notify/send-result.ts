/**
 * Result of an attempt to send a notification. `retry` means that another attempt may succeed, and `not-sent`
 * that the recipient may not get it.
 */
export type SendResult = { result: 'done' } | { result: 'retry' | 'failed' | 'not-sent'; error: string }
