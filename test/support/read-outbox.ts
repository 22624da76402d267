import type { Tab } from './tab.js'

/** Ids of the events waiting in this browser. Their keys are `zenovay:<id> <URL of the collector>`. */
export function readOutbox(tab: Tab): Promise<string[]> {
  return tab.evaluate(() =>
    Object.keys(localStorage)
      .filter((key) => key.startsWith('zenovay:'))
      .map((key) => key.slice('zenovay:'.length).split(' ')[0]!),
  )
}
