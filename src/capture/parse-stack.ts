const MAX_STACK_LENGTH = 8_192
const MAX_LINES = 50
/** Keeps the work of the pattern small, which grows with the square of the length. */
const MAX_LINE_LENGTH = 300
const MAX_FRAMES = 10

/** One call of a stack. */
export interface Frame {
  /** Name of the function without that of its object. Empty if it has none, or is the code of the file itself. */
  name: string
  /** URL without query and hash. */
  file: string
  line: number
  column: number
}

// The scheme is bounded, so that the work for a line without one grows only with its length.
/** `at name (url:1:2)` and `at url:1:2` in V8, `name@url:1:2` in SpiderMonkey and JavaScriptCore. */
const FRAME = /^(?:\s+at )?(.*?)(?: \(|@)?((?:blob:)?[a-z-]{2,24}:\/\/\S*?):(\d+):(\d+)\)?$/
/** `name`, `Object.name`, `new name`, `name [as other]` and `async*name`, not `outer/<` and `module code`. */
const NAME = /([\w$]*)(?: \[as .*)?$/

/** Returns a URL without query and hash, which may hold secrets and differ where the file is the same. */
export const cutUrl = (url: string): string => url.replace(/[?#].*/s, '')

/**
 * Returns at most ten frames of the first 50 lines and 8 KB of a stack: those of files. Native code and evaluated text are
 * left out.
 */
export const parseStack = (stack: string): Frame[] =>
  stack
    .slice(0, MAX_STACK_LENGTH)
    .split('\n', MAX_LINES)
    .flatMap((text) => {
      const [, caller, url, line, column] = FRAME.exec(text.slice(0, MAX_LINE_LENGTH)) ?? []
      return url
        ? {
            name: NAME.exec(caller!.replace(/.* code$/, ''))![1]!,
            file: cutUrl(url),
            line: Number(line),
            column: Number(column),
          }
        : []
    })
    .slice(0, MAX_FRAMES)
