// @ts-check
/** @typedef {{ type: string; text: string | Buffer }} Answer */

/** @type {(value: object) => Answer} */
const json = (value) => ({ type: 'application/json', text: JSON.stringify(value) })
/** @type {(value: string) => Answer} */
const text = (value) => ({ type: 'text/plain', text: value })
const pixel = {
  type: 'image/gif',
  text: Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64'),
}

/**
 * What the server of each tracker answers, as far as its script reads the answer. The first match counts.
 *
 * @type {[path: RegExp, answer: Answer][]}
 */
const ANSWERS = [
  // A script that a loader requests is not measured.
  [/\.js$/, { type: 'text/javascript', text: '' }],
  // Ours.
  [/^\/e\//, json({ success: true })],
  // Plausible.
  [/^\/api\/event$/, text('ok')],
  // Umami: its script repeats `cache` in a header of later requests.
  [/^\/api\/send$/, json({ cache: 'c'.repeat(200), sessionId: 's'.repeat(36), visitId: 'v'.repeat(36) })],
  // GoatCounter, and the events of Counterscale.
  [/^\/(count|collect)$/, pixel],
  // Counterscale asks whether this is a new visit.
  [/^\/cache$/, json({ ht: 1 })],
  // Vercel.
  [/^\/_vercel\//, text('OK')],
  // OpenPanel.
  [/^\/track$/, json({ deviceId: 'd'.repeat(32), sessionId: 's'.repeat(36) })],
  // Swetrix.
  [/^\/log/, json({})],
]

/**
 * Answers a request of a tracker by its path.
 *
 * @type {(path: string) => Answer}
 */
export const answerTracker = (path) =>
  ANSWERS.find(([pattern]) => pattern.test(path))?.[1] ?? json({ success: true })
