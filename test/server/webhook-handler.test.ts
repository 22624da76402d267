import { describe, expect, it, vi } from 'vitest'
import { createWebhookHandler } from '../../src/server/webhook-handler.js'
import type { WebhookEvent } from '../../src/server/webhook-event.js'
import { AT, EVENT, SECRET, sign } from './signed-webhook.js'

describe('a handler', () => {
  const post = async (
    change: (init: RequestInit & { headers: Record<string, string> }) => RequestInit = (init) => init,
  ) => {
    const { body, headers } = await sign()
    return new Request('https://example.com/hook', {
      duplex: 'half',
      ...change({ method: 'POST', body, headers }),
    } as RequestInit)
  }
  const open = (onEvent: (event: WebhookEvent) => unknown = () => {}) => {
    const errors: unknown[] = []
    const options = {
      secret: SECRET,
      now: () => AT,
      onEvent,
      onError: (error: unknown) => void errors.push(error),
    }
    return { handle: createWebhookHandler(options), errors }
  }

  it('answers 204 after the event was handled', async () => {
    const events: WebhookEvent[] = []
    const { handle } = open((event) => events.push(event))
    expect((await handle(await post())).status).toBe(204)
    expect(events).toEqual([EVENT])
  })

  it('answers 500 if the event is not handled, so that it is sent again', async () => {
    const { handle, errors } = open(() => Promise.reject(new Error('planned')))
    expect((await handle(await post())).status).toBe(500)
    expect(errors).toEqual([new Error('planned')])
    const error = vi.spyOn(console, 'error').mockImplementation(() => {})
    const alone = createWebhookHandler({
      secret: SECRET,
      now: () => AT,
      onEvent: () => Promise.reject(new Error('planned')),
    })
    expect((await alone(await post())).status).toBe(500)
    expect(error).toHaveBeenCalledOnce()
    error.mockRestore()
  })

  it.each([
    [405, 'METHOD_NOT_ALLOWED', () => ({ method: 'GET' })],
    [401, 'SIGNATURE_MISSING', (init: RequestInit) => ({ ...init, headers: {} })],
    [401, 'SIGNATURE_INVALID', (init: RequestInit) => ({ ...init, body: '{}' })],
    [
      413,
      'BODY_TOO_LARGE',
      (init: RequestInit) => ({
        ...init,
        body: new ReadableStream({ pull: (stream) => stream.enqueue(new Uint8Array(65_536)) }),
      }),
    ],
  ])('answers %i with %s to what is no webhook', async (status, code, change) => {
    const { handle } = open(() => {
      throw new Error('not called')
    })
    const answer = await handle(await post(change))
    expect(answer.status).toBe(status)
    expect(await answer.json()).toMatchObject({ success: false, error: { code } })
  })

  it('is refused with options that are not valid, all at once', () => {
    expect(() => createWebhookHandler({ secret: '', onEvent: 1 as never, toleranceMs: 0 })).toThrow(
      /onEvent .+ secret .+ toleranceMs/,
    )
  })
})
