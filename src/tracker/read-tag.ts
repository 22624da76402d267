import type { TrackerOptions } from './tracker-options.js'

/** A script tag, or what an application gives instead of one. */
export interface Tag {
  dataset: { readonly [name in 'trackingCode' | 'id' | keyof TrackerOptions]?: string | undefined }
  /** Address of the script; empty when the page serves it, inline or in a bundle. */
  src: string
}

// A page has one tracker, so its state lives in modules: closures would cost every visitor a hundred bytes.
export let options: Tag['dataset'] | undefined
export let code: string | undefined
export let source: string | undefined

/** Keeps what the tag says for all other modules, and gives its tracking code. */
export const readTag = (tag: Tag | null): string | undefined => {
  source = tag?.src
  options = tag?.dataset
  return (code = options?.trackingCode || options?.id)
}
