// @ts-check
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { makeEvent } from '../make-event.mjs'

const MAX_CONNECTIONS = 1_000
const TICK_MS = 10
const SETTLE_MS = 30_000
const ID_MARK = 'id-to-replace'

/**
 * Clients with little overhead, so that the benchmark measures the collector: a request is one prepared
 * buffer in which only the address and the ids change.
 */
export function createSenders({ port, path, batch }) {
  const body = JSON.stringify(
    Array.from({ length: batch }, () => makeEvent({ event_id: `${ID_MARK}-${'0'.repeat(12)}` })),
  )
  const head = `POST ${path} HTTP/1.1\r\nhost: bench\r\ncontent-type: text/plain\r\nx-forwarded-for: 010.000.000.000\r\ncontent-length: ${body.length}\r\n\r\n`
  const template = Buffer.from(head + body)
  const addressAt = template.indexOf('010.000.000.000')
  const idsAt = []
  for (let at = template.indexOf(ID_MARK); at >= 0; at = template.indexOf(ID_MARK, at + 1)) idsAt.push(at)
  const run = randomBytes(4).toString('hex')
  const idle = []
  const open = new Set()
  let requests = 0

  /** The next request, with a unique address and unique ids. */
  function makeRequest() {
    const request = Buffer.from(template)
    const number = requests++
    const address = `1${[number >> 16, number >> 8, number].map((part) => `.${String((part & 255) % 250).padStart(3, ' ')}`).join('')}`
    request.write(address.replaceAll(' ', '').padEnd(15, ' '), addressAt, 'latin1')
    const id = `${run}${number.toString(16).padStart(9, '0')}`
    idsAt.forEach((at, index) =>
      request.write(
        `${id}-${String(index).padStart(2, '0')}`
          .padEnd(ID_MARK.length + 13, 'x')
          .slice(0, ID_MARK.length + 13),
        at,
        'latin1',
      ),
    )
    return request
  }

  function openConnection() {
    const socket = connect(port, '127.0.0.1')
    // Answers arrive in the order of the requests (RFC 9112, section 9.3.2).
    const connection = { socket, waiting: [], fault: 'closed' }
    open.add(connection)
    let text = ''
    socket.setNoDelay(true)
    socket.on('data', (data) => {
      text += data.toString('latin1')
      for (;;) {
        const end = text.indexOf('\r\n\r\n')
        if (end < 0) return
        const length = Number(/content-length: (\d+)/i.exec(text.slice(0, end))?.[1] ?? 0)
        if (text.length < end + 4 + length) return
        const status = Number(text.slice(9, 12))
        text = text.slice(end + 4 + length)
        connection.waiting.shift()?.(status)
      }
    })
    const gone = () => {
      if (!open.delete(connection)) return
      for (const answered of connection.waiting.splice(0)) answered(undefined)
    }
    socket
      .on('error', (/** @type {NodeJS.ErrnoException} */ { code }) => {
        connection.fault = code
        gone()
      })
      .on('close', gone)
    return connection
  }

  function send(connection, tally, answered) {
    const sentAt = performance.now()
    tally.sent++
    connection.waiting.push((status) => {
      if (status === undefined) tally.errors[connection.fault] = (tally.errors[connection.fault] ?? 0) + 1
      else tally.statuses[status] = (tally.statuses[status] ?? 0) + 1
      if (status === 200) tally.latencies.push(performance.now() - sentAt)
      answered(status !== undefined)
    })
    connection.socket.write(makeRequest())
  }

  /**
   * An idle connection, a new one, or, when all allowed connections are busy, each of them in turn: the
   * request is queued behind earlier ones.
   */
  function* takeConnections() {
    for (;;) {
      const connection = idle.pop()
      if (connection) {
        // The server may have closed it meanwhile.
        if (open.has(connection)) yield connection
      } else if (open.size < MAX_CONNECTIONS) yield openConnection()
      else for (const busy of [...open]) if (idle.length === 0 && open.has(busy)) yield busy
    }
  }

  const openTally = () => ({ sent: 0, unanswered: 0, errors: {}, statuses: {}, latencies: [] })

  return {
    /** Each connection sends its next request when the last is answered. */
    async runClosed({ connections, ms }) {
      const tally = openTally()
      const end = performance.now() + ms
      const loop = () =>
        new Promise((resolve) => {
          let connection = idle.pop() ?? openConnection()
          const next = (isAlive) => {
            if (!isAlive) connection = openConnection()
            if (performance.now() < end) return send(connection, tally, next)
            idle.push(connection)
            resolve()
          }
          next(true)
        })
      await Promise.all(Array.from({ length: connections }, loop))
      return tally
    },

    /** Requests are sent on schedule, and pipelined when more are under way than connections are allowed. */
    async runOpen({ perSecond, ms }) {
      const tally = openTally()
      const connections = takeConnections()
      const start = performance.now()
      let underWay = 0
      await new Promise((resolve) => {
        const timer = setInterval(() => {
          const elapsed = Math.min(performance.now() - start, ms)
          for (const due = Math.floor((elapsed / 1000) * perSecond); tally.sent < due;) {
            const { value: connection } = connections.next()
            underWay++
            send(connection, tally, (isAlive) => {
              underWay--
              if (isAlive && connection.waiting.length === 0) idle.push(connection)
            })
          }
          if (elapsed < ms) return
          clearInterval(timer)
          resolve()
        }, TICK_MS)
      })
      for (const deadline = performance.now() + SETTLE_MS; underWay > 0 && performance.now() < deadline;)
        await new Promise((resolve) => setTimeout(resolve, TICK_MS))
      return { ...tally, unanswered: underWay }
    },

    close() {
      for (const { socket } of open) socket.destroy()
    },
  }
}
