/** A message of an event stream. */
export interface EventStreamMessage {
  event: string
  data: string
  /** The last ID that the stream had so far. */
  id: string
}

const MAX_MESSAGE_CHARACTERS = 1024 * 1024

/**
 * Parses an event stream as browsers do: https://html.spec.whatwg.org/multipage/server-sent-events.html. Text may be cut
 * anywhere, also between CR and LF.
 */
export class EventStreamParser {
  /** The last ID, also of a message without data. */
  lastId: string
  #text = ''
  #event = ''
  #data: string[] = []
  #length = 0
  #id: string
  #endedWithReturn = false

  constructor(lastId = '') {
    this.lastId = this.#id = lastId
  }

  /** Returns the messages that are complete. Throws a `RangeError` if one has more than a million characters. */
  push(text: string): EventStreamMessage[] {
    // The second half of a line end whose first half came before.
    const rest = this.#endedWithReturn && text.startsWith('\n') ? text.slice(1) : text
    if (text) this.#endedWithReturn = text.endsWith('\r')
    const lines = rest.split(/\r\n|\r|\n/)
    lines[0] = this.#text + lines[0]!
    this.#text = lines.pop()!
    const messages = lines.flatMap((line) => this.#takeLine(line) ?? [])
    if (this.#length + this.#text.length > MAX_MESSAGE_CHARACTERS)
      throw new RangeError(`a message of the stream has more than ${MAX_MESSAGE_CHARACTERS} characters`)
    return messages
  }

  #takeLine(line: string): EventStreamMessage | undefined {
    this.#length += line.length
    if (line === '') return this.#dispatch()
    const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line)!
    if (field === 'event') this.#event = value
    else if (field === 'data') this.#data.push(value)
    else if (field === 'id' && !value.includes('\0')) this.#id = value
    return undefined
  }

  #dispatch(): EventStreamMessage | undefined {
    const message = { event: this.#event || 'message', data: this.#data.join('\n'), id: this.#id }
    const hasData = this.#data.length > 0
    this.lastId = this.#id
    this.#event = ''
    this.#data = []
    this.#length = 0
    return hasData ? message : undefined
  }
}
