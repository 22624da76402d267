import { options } from './read-tag.js'

/** Whether an address is a page of this site that matches a pattern of `data-exclude`. */
export const isExcluded = (url: string): unknown =>
  options!.exclude &&
  RegExp(
    `^${location.origin}(${options!.exclude
      .replace(/[^\w*, ]/g, '\\$&')
      .replace(/, */g, '|')
      .replace(/\*+/g, (stars) => (stars[1] ? '.*' : '[^/]*'))})([?#]|$)`,
  ).test(url)
