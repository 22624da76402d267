/** Pattern of a tracking code: `ZV_` followed by letters and digits. */
export const TRACKING_CODE = /^ZV_[^\W_]+$/

/** Whether a value has the form of a tracking code. */
export function isTrackingCode(code: unknown): code is string {
  return typeof code === 'string' && TRACKING_CODE.test(code)
}
