// @ts-check
import { randomUUID } from 'node:crypto'
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeAddress, makeEvent } from '../make-event.mjs'

const RETRY_MS = 50
const TIMEOUT_MS = 40_000

/**
 * Starts clients that send one event after the other; an event without an answer, or with a 503, is resent
 * with a mark until it is acknowledged. With `events`, the clients stop after that many events. `pauseMs` is
 * the pause of a client between two events.
 */
export function startSenders({ port, path, clients, events = Infinity, pauseMs = 0 }) {
  const agent = new Agent({ keepAlive: true })
  const acknowledged = new Set()
  const answers = new Map()
  const refusedWithoutRetryAfter = new Set()
  const durations = []
  let begun = 0
  let running = true

  async function send() {
    while (running && begun < events) {
      begun++
      const event = makeEvent({ event_id: randomUUID() })
      for (let retry = false; ; retry = true) {
        const { status, retryAfter } = await post(JSON.stringify(retry ? { ...event, retry } : event)).catch(
          () => ({ status: 0 }),
        )
        answers.set(status, (answers.get(status) ?? 0) + 1)
        if (status === 503 && !(retryAfter > 0)) refusedWithoutRetryAfter.add(event.event_id)
        if (status === 200) {
          acknowledged.add(event.event_id)
          break
        }
        if (!running) break
        await sleep(RETRY_MS)
      }
      if (pauseMs > 0) await sleep(pauseMs)
    }
  }

  function post(body) {
    return new Promise((resolve, reject) => {
      const begin = performance.now()
      const headers = {
        'content-type': 'text/plain',
        'content-length': Buffer.byteLength(body),
        'x-forwarded-for': makeAddress(),
      }
      const sent = request(
        { host: '127.0.0.1', port, path, method: 'POST', headers, agent, timeout: TIMEOUT_MS },
        (answer) =>
          answer
            .resume()
            .on('end', () => {
              durations.push(performance.now() - begin)
              resolve({ status: answer.statusCode, retryAfter: Number(answer.headers['retry-after']) })
            })
            .on('error', reject),
      )
      sent
        .on('timeout', () => sent.destroy(new Error('no answer')))
        .on('error', reject)
        .end(body)
    })
  }

  const finished = Promise.all(Array.from({ length: clients }, send))
  return {
    /** Ids of events answered with 200. */
    acknowledged,
    /** Number of answers by status; 0 is a connection without an answer. */
    answers,
    refusedWithoutRetryAfter,
    /** Duration of each answer in ms. */
    durations,
    /** Resolves when all clients have stopped. */
    finished,
    async stop() {
      running = false
      await finished
      agent.destroy()
    },
  }
}
