import { expect, it } from 'vitest'
import { EventStreamParser } from '../../src/server/event-stream-parser.js'

const STREAM = [
  'retry: 3000',
  'id: 1',
  '',
  ': a comment',
  'event: live',
  'data: {"visitors":42}',
  '',
  'id: 2',
  'data:no space',
  'data:  two spaces',
  'data',
  'unknown: field',
  '',
  'event: without data',
  '',
  'id: with\0null',
  'data: 漢字 🎉',
  '',
  'data: not complete',
]
const MESSAGES = [
  { event: 'live', data: '{"visitors":42}', id: '1' },
  { event: 'message', data: 'no space\n two spaces\n', id: '2' },
  { event: 'message', data: '漢字 🎉', id: '2' },
]

it.each([
  ['LF', '\n'],
  ['CR', '\r'],
  ['CRLF', '\r\n'],
])('parses lines that end with %s, cut anywhere', (_, end) => {
  const text = STREAM.join(end) + end
  for (let size = 1; size < text.length; size++) {
    const parser = new EventStreamParser()
    const messages = []
    for (let at = 0; at < text.length; at += size) messages.push(...parser.push(text.slice(at, at + size)))
    expect(messages).toEqual(MESSAGES)
  }
})

it('parses bytes that are cut within a character, and a byte order mark', () => {
  const bytes = new TextEncoder().encode(`\ufeff${STREAM.join('\n')}\n`)
  const parser = new EventStreamParser()
  const decoder = new TextDecoder()
  const messages = Array.from(bytes, (byte) =>
    parser.push(decoder.decode(new Uint8Array([byte]), { stream: true })),
  )
  expect(messages.flat()).toEqual(MESSAGES)
})

it('keeps an ID without data, from before, and one that is emptied', () => {
  const parser = new EventStreamParser('0')
  expect(parser.push('data: a\n\n')).toEqual([{ event: 'message', data: 'a', id: '0' }])
  expect(parser.push('id: 7\n')).toEqual([])
  expect(parser.lastId).toBe('0')
  expect(parser.push('\n')).toEqual([])
  expect(parser.lastId).toBe('7')
  parser.push('id\n\n')
  expect(parser.lastId).toBe('')
})

it('refuses a message that does not end', () => {
  const endless = (line: string) => () => {
    const parser = new EventStreamParser()
    for (let n = 0; n < 3_000; n++) parser.push(line)
  }
  expect(endless(`data: ${'x'.repeat(1_000)}\n`)).toThrow(RangeError)
  expect(endless('x'.repeat(1_000))).toThrow(RangeError)
  expect(endless(`: ${'x'.repeat(1_000)}\n\n`)).not.toThrow()
})
