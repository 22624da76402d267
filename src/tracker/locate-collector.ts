import { code, options, source } from './read-tag.js'

/** Where events go. */
export let collectorUrl: string

/** Events go where the script comes from, unless the tag names another base; that may end with a slash. */
export const locateCollector = (): void => {
  collectorUrl = (options!.apiUrl || new URL(source || (location as unknown as URL)).origin).replace(
    /\/?$/,
    '/e/' + code,
  )
}
