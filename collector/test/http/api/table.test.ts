import { Type } from '@sinclair/typebox'
import type { FastifyReply } from 'fastify'
import { expect, it } from 'vitest'
import { sendTable } from '../../../src/http/api/table.js'

const REPLY = { header: () => REPLY, headers: () => REPLY } as unknown as FastifyReply

function writeCell(name: string): string {
  const row = Type.Object({ name: Type.String() })
  return sendTable(REPLY, { table: { row, read: () => [{ name }] }, data: {}, name: 'names' })
    .replace('name\r\n', '')
    .replace(/\r\n$/, '')
}

it.each([
  ['=1+1', "'=1+1"],
  ['+1', "'+1"],
  ['-1', "'-1"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['＝1', "'＝1"],
  ['＋1', "'＋1"],
  ['－1', "'－1"],
  ['＠a', "'＠a"],
  ['a;=1', "a;'=1"],
  ['a\n=1', `"a\n'=1"`],
  ['a\r\n＝1;+2', `"a\r\n'＝1;'+2"`],
  ['\t=1', "'\t=1"],
])('writes %j as a cell that no spreadsheet executes', (value, cell) => expect(writeCell(value)).toBe(cell))

it.each(['a=1', 'a; b', 'a-b', 'ann@example.com', 'https://example.com/?a=1&b=+2', '1＋1'])(
  'writes the harmless text %j unchanged',
  (text) => expect(writeCell(text)).toBe(text),
)
