// @ts-check
import { randomUUID } from 'node:crypto'

let visits = 0

/** A pageview as sent by the tracker, with a unique id. */
export function makeEvent(fields = {}) {
  const visit = `bench-visit-${visits++ % 5000}`
  return {
    event_id: randomUUID(),
    session_id: visit,
    visitor_id: visit,
    url: `https://example.com/products/${visits % 200}?utm_source=newsletter`,
    referrer: 'https://news.example/',
    title: 'A product of the shop',
    device_type: 'auto',
    browser: 'auto',
    os: 'auto',
    user_agent:
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36',
    ...fields,
  }
}

/** One of 20,000 addresses for X-Forwarded-For, so that the limits per client do not affect the benchmark. */
export function makeAddress() {
  const number = Math.floor(Math.random() * 20_000)
  return `10.0.${number >> 8}.${number & 255}`
}
