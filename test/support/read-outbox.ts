import type { Tab } from './tab.js'

/** Keys of the events waiting in this browser, without their prefix: their ids. */
export function readOutbox(tab: Tab): Promise<string[]> {
  return tab.evaluate(() =>
    Object.keys(localStorage)
      .filter((key) => key.startsWith('zenovay:'))
      .map((key) => key.slice('zenovay:'.length)),
  )
}
