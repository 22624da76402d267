import { MAX_URL_LENGTH } from '../contract/limits.js'
import { options } from './read-tag.js'

/** An absolute address; that of this page when nothing is given. Its fragment counts only where it is the route. */
export const resolveUrl = (url?: string): string =>
  new URL(url || (location as unknown as URL), location as unknown as URL).href
    .replace(options!.hash == 'true' ? '' : /#.*/, '')
    .slice(0, MAX_URL_LENGTH)
