/** One message of text/event-stream. */
export interface StreamMessage {
  event: string
  id: string
  data: unknown
}

/** A stream as read by a browser's EventSource, but with headers. */
export interface StreamReader {
  status: number
  headers: Headers
  /** All messages so far, in order. */
  messages: StreamMessage[]
  /** The data of all messages with this name. */
  dataOf<Data = Record<string, unknown>>(event: string): Data[]
  /** The id of the last message that had one, with data or not. */
  lastId(): string
  /** Number of comment lines. */
  comments(): number
  isEnded(): boolean
  /** Cuts the connection. */
  cut(): void
}

/** Opens a stream and reads it until it ends or is cut. */
export async function readStream(url: string, headers: Record<string, string>): Promise<StreamReader> {
  const abort = new AbortController()
  const answer = await fetch(url, { headers, signal: abort.signal })
  const messages: StreamMessage[] = []
  let [id, comments, isEnded, rest] = ['', 0, false, '']

  function take(block: string): void {
    let [event, data] = ['message', '']
    for (const line of block.split('\n')) {
      if (line.startsWith(':')) comments++
      const [, field, value] = /^(\w+): ?([^]*)$/.exec(line) ?? []
      if (field === 'id') id = value!
      if (field === 'event') event = value!
      if (field === 'data') data = value!
    }
    if (data !== '') messages.push({ event, id, data: JSON.parse(data) as unknown })
  }

  async function read(): Promise<void> {
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader()
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      const blocks = (rest + chunk.value).split('\n\n')
      rest = blocks.pop()!
      for (const block of blocks) take(block)
    }
  }
  void read()
    .catch(() => {})
    .finally(() => (isEnded = true))

  return {
    status: answer.status,
    headers: answer.headers,
    messages,
    dataOf: <Data>(event: string) =>
      messages.filter((message) => message.event === event).map(({ data }) => data as Data),
    lastId: () => id,
    comments: () => comments,
    isEnded: () => isEnded,
    cut: () => abort.abort(),
  }
}
