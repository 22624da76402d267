import { describe, expect, it } from 'vitest'
import { identityFromRequest } from '../../src/server/identity-from-request.js'

const NOW = 1_795_262_400_000
const now = () => NOW
const MINUTE_MS = 60_000
const NEW_ID = /^[\da-f-]{36}$/

/** The identity of a request with these values in the cookie of the tracker. */
const read = (
  state: (string | number)[],
  {
    headers = {},
    ...options
  }: Parameters<typeof identityFromRequest>[1] & { headers?: Record<string, string> } = {},
) =>
  identityFromRequest(
    { headers: { cookie: `a=1; zenovay=${state.join()}; b=2`, ...headers } },
    { now, ...options },
  )

describe('the cookie of the tracker', () => {
  it('gives visitor, session and user', () => {
    const expected = { visitorId: 'visitor-1', sessionId: 'session-1', userId: 'user 7' }
    const state = ['', '', NOW - MINUTE_MS, 'visitor-1', 'session-1', 'user 7']
    expect(read(state)).toEqual(expected)
    expect(read(['granted', ...state.slice(1)], { consent: 'required' })).toEqual(expected)
    const headers = new Headers({ cookie: `zenovay=${state.join()}` })
    expect(identityFromRequest(new Request('https://example.com', { headers }), { now })).toEqual(expected)
    expect(identityFromRequest({ headers: { Cookie: `zenovay=${state.join()}` } }, { now })).toEqual(expected)
  })

  it('gives a new session after half an hour', () => {
    expect(read(['', '', NOW - 29 * MINUTE_MS, 'visitor-1', 'session-1'])?.sessionId).toBe('session-1')
    const later = read(['', '', NOW - 30 * MINUTE_MS, 'visitor-1', 'session-1'])!
    expect(later).toEqual({ visitorId: 'visitor-1', sessionId: expect.stringMatching(NEW_ID) as string })
  })

  it('keeps the user in any script', () => {
    // As a request has it: each byte of UTF-8 is a character.
    const user = Buffer.from('Zoë 東京').toString('latin1')
    expect(read(['', '', NOW, 'visitor-1', 'session-1', user])?.userId).toBe('Zoë 東京')
  })

  it.each([
    ['is missing', []],
    ['is empty', ['']],
    ['has IDs that are too short', ['', '', NOW, 'v', 's']],
    ['has IDs that are too long', ['', '', NOW, 'v'.repeat(129), 's'.repeat(129), 'u'.repeat(129)]],
    ['has no time', ['', '', 'soon', '', 'session-1']],
  ])('that %s gives a session of this request alone', (_, state) => {
    expect(read(state)).toEqual({ sessionId: expect.stringMatching(NEW_ID) as string })
  })

  it('is not that of another name', () => {
    const cookie = `not-zenovay=,,${NOW},visitor-1,session-1`
    expect(identityFromRequest({ headers: { cookie } }, { now })?.visitorId).toBeUndefined()
  })
})

describe('a visitor who', () => {
  const state = ['', '', NOW, 'visitor-1', 'session-1', 'user 7']
  const withoutIds = { sessionId: expect.stringMatching(NEW_ID) as string, cookieless: true }

  it.each([
    ['sends Global Privacy Control', state, { headers: { 'Sec-GPC': '1' } }],
    ['sends Do Not Track', state, { headers: { DNT: '1' } }],
    ['has denied consent', ['denied', ...state.slice(1)], {}],
    ['has yet to give the consent that is required', state, { consent: 'required' as const }],
  ])('%s is counted without IDs', (_, state, options) => {
    expect(read(state, options)).toEqual(withoutIds)
  })

  it.each([
    ['opted out', ['', '1', ...state.slice(2)], {}],
    ['opted out and gave consent', ['granted', '1', ...state.slice(2)], { consent: 'required' as const }],
    ['has yet to give the consent to wait for', state, { consent: 'wait' as const }],
    ['has denied the consent to wait for', ['denied'], { consent: 'wait' as const }],
  ])('%s is not counted', (_, state, options) => {
    expect(read(state, options)).toBeUndefined()
  })

  it('does not send these signals as 0', () => {
    expect(read(state, { headers: { 'sec-gpc': '0', dnt: '0' } })?.visitorId).toBe('visitor-1')
  })
})
