import { describe, expect, it } from 'vitest'
import { cleanProperties, cleanText } from '../../../src/ingest/enrich/redact-properties.js'
import { leastCpuMs } from '../../support/least-cpu.js'

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.s5-Q_x'

describe('cleanText', () => {
  it.each([
    ['https://ann:pw@x.example/a?token=1&page=2#access_token=3', 'https://x.example/a?token=&page=2'],
    ['Failed: GET "https://x.example/api?key=1", again', 'Failed: GET "https://x.example/api?key=", again'],
    ['at load (https://x.example/a.js?sid=1:10:5)', 'at load (https://x.example/a.js?sid=:10:5)'],
    ['load@https://x.example/a.js:10:5', 'load@https://x.example/a.js:10:5'],
    ['wss://ann:pw@x.example/live?jwt=1 closed', 'wss://x.example/live?jwt= closed'],
    ['/reset/ann@x.example?code=1', '/reset/[email]?code='],
    ['/login#access_token=1&a=2', '/login#access_token=&a=2'],
    ['password=hunter2 is wrong for ann@x.example', 'password= is wrong for [email]'],
    [`Bad token ${JWT}`, 'Bad token [token]'],
    ['https://[ is no URL?token=1', 'https://[ is no URL?token='],
    [
      "Cannot read properties of undefined (reading 'a')",
      "Cannot read properties of undefined (reading 'a')",
    ],
    ['Read more: 50% off, today only!', 'Read more: 50% off, today only!'],
    ['main > ul.items > li:nth-child(2)', 'main > ul.items > li:nth-child(2)'],
  ])('cleans %s', (text, cleaned) => {
    expect(cleanText(text)).toBe(cleaned)
    expect(cleanText(cleaned), 'twice').toBe(cleaned)
  })

  it.each(['a', 'a://', '://', '?', '#', '=', '@', ':1', '(', ' '])('takes linear time for %s', (unit) => {
    const text = unit.repeat(64_000 / unit.length)
    expect(leastCpuMs(() => void cleanText(text))).toBeLessThan(200)
  })
})

describe('cleanProperties', () => {
  const clean = (event_type: string, event_name: string | undefined, properties: Record<string, string>) =>
    cleanProperties({ event_type, event_name, properties } as Parameters<typeof cleanProperties>[0])
  const secret = 'https://x.example/?token=1'

  it.each([
    ['custom', 'outbound_click', 'url'],
    ['custom', 'file_download', 'text'],
    ['custom', 'form_submit', 'action'],
    ['custom', 'video_progress', 'title'],
    ['custom', 'view', 'name'],
    ['error', undefined, 'message'],
    ['error', undefined, 'frame_10'],
    ['error', undefined, 'cause'],
    ['performance', undefined, 'lcp_element'],
  ])('cleans a property that comes from the page: %s %s %s', (type, name, key) => {
    expect(clean(type, name, { [key]: secret })).toEqual({ [key]: 'https://x.example/?token=' })
  })

  it.each([
    ['custom', 'signup', 'url'],
    ['goal', 'outbound_click', 'url'],
    ['error', undefined, 'release'],
  ])('keeps what the site chose to send: %s %s %s', (type, name, key) => {
    expect(clean(type, name, { [key]: secret })).toEqual({ [key]: secret })
  })
})
