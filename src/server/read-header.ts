/** Headers of a `Request`, or of a request of Node.js, with names in any case. */
export type RequestHeaders = Headers | Record<string, string | readonly string[] | undefined>

/** Reads a header by its name in lower case. Several values are joined by spaces. */
export function readHeader(headers: RequestHeaders, name: string): string | undefined {
  const value =
    headers instanceof Headers
      ? headers.get(name)
      : Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1]
  return (typeof value === 'object' && value ? value.join(' ') : value) ?? undefined
}
