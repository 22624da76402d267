import { Type } from '@sinclair/typebox'
import { ERROR_CODES, type ErrorCode } from '@zenovay/tracker/contract'
import { describeParameters, toPlain, type Operation } from '../external/build-openapi.js'
import type { DescribedRoute } from './described-route.js'

const FLAT_ERROR = Type.Object({ error: Type.String({ description: 'One sentence.' }) })
const CODES = [
  'VALIDATION_ERROR',
  'UNAUTHORIZED',
  'FORBIDDEN',
  'NOT_FOUND',
  'RATE_LIMIT_EXCEEDED',
  'INTERNAL_ERROR',
  'STORE_UNAVAILABLE',
] as const satisfies readonly ErrorCode[]
const CODES_OF_BODIES = [
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
] as const satisfies readonly ErrorCode[]

/** A route beside the External API as an operation of its document: its address begins at the root. */
export function describeOperation({
  path,
  operationId,
  summary,
  description,
  scope,
  query,
  body,
  request,
  status = 200,
  answer,
  example,
  hasFlatErrors = false,
}: DescribedRoute): Operation {
  const ids = Type.Object(
    Object.fromEntries([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => [name!, Type.String()])),
  )
  const describeRefusal = (code: ErrorCode) =>
    hasFlatErrors
      ? {
          description: ERROR_CODES[code].message,
          content: { 'application/json': { schema: toPlain(FLAT_ERROR) } },
        }
      : { $ref: `#/components/responses/${code}` }
  return {
    operationId,
    summary,
    ...(description !== undefined && { description }),
    servers: [{ url: '/' }],
    ...(scope === 'shared-secret' ? { security: [] } : { 'x-scope': scope }),
    parameters: [...describeParameters(ids, 'path'), ...(query ? describeParameters(query, 'query') : [])],
    ...(body && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: toPlain(body), example: request } },
      },
    }),
    responses: {
      [status]: {
        description: summary,
        content: answer
          ? { 'application/json': { schema: toPlain(answer), example } }
          : { 'text/event-stream': { schema: { type: 'string' }, example } },
      },
      ...Object.fromEntries(
        [...CODES, ...(body ? CODES_OF_BODIES : [])].map((code) => [
          ERROR_CODES[code].status,
          describeRefusal(code),
        ]),
      ),
    },
  }
}
