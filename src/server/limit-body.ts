/**
 * Returns a response to read a body of at most `maxBytes` from, as text or bytes. Reading it rejects with a `RangeError` if
 * there are more, and no more of them are received.
 */
export function limitBody(body: ReadableStream<Uint8Array> | null, maxBytes: number): Response {
  let left = maxBytes
  const limit = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      left -= chunk.byteLength
      if (left < 0) throw new RangeError(`the body has more than ${maxBytes} bytes`)
      controller.enqueue(chunk)
    },
  })
  return new Response(body?.pipeThrough(limit))
}
