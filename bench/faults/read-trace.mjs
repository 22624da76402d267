// @ts-check
import { createReadStream } from 'node:fs'
import { basename, dirname } from 'node:path'
import { createInterface } from 'node:readline'

const SYSCALL = /^(\d+) +(?:(\w+)\((\d+)<([^>]*)>|<\.\.\. (\w+) resumed>)(.*)$/
const EVENT_ID = /event_id\\":\\"([0-9a-f-]{36})/
const SUCCESS = /"HTTP\/1\.1 200 OK/

/**
 * Reads the output of strace, in the order of the system calls.
 *
 * `answered`: event id → number of the line where its 200 began to be written.
 * `synced`: `part/file`, or `part/` for its folder → number of the line where its fsync had ended.
 */
export async function readTrace(file) {
  const [answered, synced] = [new Map(), new Map()]
  // The unfinished call of each thread, and the last event received on each connection.
  const [underWay, brought] = [new Map(), new Map()]
  let number = 0
  for await (const line of createInterface({ input: createReadStream(file) })) {
    number++
    const [, thread, name, fd, path, resumed, rest] = SYSCALL.exec(line) ?? []
    if (!thread) continue
    const call = resumed ? underWay.get(`${thread} ${resumed}`) : { name, fd, path }
    if (!call) continue
    if (rest.endsWith('<unfinished ...>')) underWay.set(`${thread} ${call.name}`, call)
    const isOver = / = \d+$/.test(rest)

    if (/sync$/.test(call.name)) {
      if (isOver) synced.set(nameSynced(call.path), number)
    } else if (/^(read|recv)/.test(call.name)) {
      const [, eventId] = EVENT_ID.exec(rest) ?? []
      if (eventId && call.path.startsWith('socket:')) brought.set(call.path, eventId)
    } else if (!resumed && SUCCESS.test(rest) && brought.has(call.path)) {
      answered.set(brought.get(call.path), number)
      brought.delete(call.path)
    }
  }
  return { answered, synced, lines: number }
}

/**
 * A new part is written under a name that begins with `tmp_insert_`, and renamed before its folder is
 * synced.
 */
function nameSynced(path) {
  const [parent, name] = [basename(dirname(path)), basename(path)]
  if (parent.startsWith('tmp_insert_')) return `${parent.slice('tmp_insert_'.length)}/${name}`
  return `${name}/`
}
