// Chrome on Android says which app opened it.
const ANDROID_APP = /^android-app:\/\/([\w.]{1,128})/

/** The host of an http(s) URL that {@link cleanReferrer} or `URL.origin` gave. */
export function hostOf(url: string): string {
  const start = url.indexOf('//') + 2
  const slash = url.indexOf('/', start)
  return url.slice(start, slash < 0 ? undefined : slash).replace(/:\d+$/, '')
}

/** The package of the Android app that a referrer names; empty when it names none. */
export function appOf(referrer: string): string {
  return ANDROID_APP.exec(referrer)?.[1] ?? ''
}
