/** What a tracking code looks like: `ZV_` and letters and digits. */
export const TRACKING_CODE = /^ZV_[^\W_]+$/

/** Whether a value can be a tracking code. */
export function isTrackingCode(code: unknown): code is string {
  return typeof code === 'string' && TRACKING_CODE.test(code)
}
