import { randomUUID } from 'node:crypto'

let visits = 0

/** A pageview such as the tracker sends it, with an id of its own. */
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

/** An address for X-Forwarded-For, one of 20,000, so that the limits for each client do not measure the benchmark. */
export function makeAddress() {
  const number = Math.floor(Math.random() * 20_000)
  return `10.0.${number >> 8}.${number & 255}`
}
