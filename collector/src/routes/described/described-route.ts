import { Type, type TObject, type TSchema } from '@sinclair/typebox'
import type { KeyScope } from '../../stores/control-store.js'

/** A route beside the External API, as its document tells it. A test holds requests and answers of the running app against it. */
export interface DescribedRoute {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** From the root, with `{id}` where an id stands. */
  path: string
  operationId: string
  summary: string
  description?: string
  /** What the key must be allowed to do; `shared-secret`: it takes no key, but what its description says. */
  scope: KeyScope | 'shared-secret'
  query?: TObject
  body?: TSchema
  /** An example of the body. */
  request?: unknown
  /** @default 200 */
  status?: 200 | 201
  /** Schema of the whole answer; undefined: a stream of server-sent events. */
  answer: TSchema | undefined
  /** An example of the answer. */
  example: unknown
  /** Its errors are `{"error":"…"}`. */
  hasFlatErrors?: boolean
}

export const MOMENT = Type.String({ description: 'ISO 8601, UTC.' })
export const MOMENT_EXAMPLE = '2026-04-01T10:15:00.000Z'

/** The answer of most routes. */
export const envelope = (data: TSchema) =>
  Type.Object({ success: Type.Literal(true), data, timestamp: MOMENT })
export const inEnvelope = (data: unknown) => ({ success: true, data, timestamp: MOMENT_EXAMPLE })

/** What is left of something that was removed. */
export const REMOVED = envelope(Type.Object({ id: Type.String() }))
