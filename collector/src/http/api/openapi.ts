import { type TObject, Type } from '@sinclair/typebox'
import { ERROR_CODES, type ErrorCode } from '@zenovay/tracker/contract'
import { MAX_PROPERTY_FILTERS } from '../../reports/filters.js'
import { describeDeliveries, type DeliveryDocs } from './deliveries.js'
import type { Operation, Parameter } from './operation.js'
import { MAX_TEXT_LENGTH } from './parse-input.js'
import { answerOf, type RouteDocs } from './route.js'

/** An OpenAPI 3.1 document. */
export type OpenApiDocument = {
  openapi: string
  info: { title: string; version: string; description: string; license: object }
  paths: Record<string, Record<string, Operation>>
  /** Requests that the collector sends, by event. */
  webhooks: Record<string, Record<string, Operation>>
} & Record<string, unknown>

const CODES_OF_ROUTES = [
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

/** Response headers that report the API key's rate limit per minute. */
const LIMIT_HEADERS = {
  'X-RateLimit-Limit': {
    description: 'Requests that the key may make per minute.',
    schema: { type: 'integer' },
  },
  'X-RateLimit-Remaining': { description: 'Requests left in this minute.', schema: { type: 'integer' } },
  'X-RateLimit-Reset': {
    description: 'When the minute ends, in seconds since the epoch.',
    schema: { type: 'integer' },
  },
}

const ERROR = Type.Object({
  success: Type.Literal(false),
  error: Type.Object({
    code: Type.String({ description: 'A code from docs/errors.md.' }),
    message: Type.String(),
    timestamp: Type.String({ description: 'ISO 8601, UTC.' }),
    details: Type.Optional(
      Type.Array(Type.Object({ field: Type.String(), reason: Type.String() }), {
        description: 'Every issue, with VALIDATION_ERROR.',
      }),
    ),
  }),
})

interface DocumentedApi {
  /** Base path of the External API, to which the paths in `routes` are relative. */
  base: string
  routes: readonly (RouteDocs & { acceptsProperties: boolean; table?: unknown })[]
  /** Routes outside the External API. Their paths are relative to the server root. */
  documented: readonly RouteDocs[]
  /** What webhooks deliver. */
  deliveries: readonly DeliveryDocs[]
}

/** Builds the OpenAPI 3.1 document of all APIs from their route definitions. */
export function buildOpenApi({ base, routes, documented, deliveries }: DocumentedApi): OpenApiDocument {
  const paths: OpenApiDocument['paths'] = {}
  const add = ({ path, method }: RouteDocs, operation: Operation) =>
    ((paths[path] ??= {})[method.toLowerCase()] = operation)
  for (const route of routes)
    add(route, {
      ...describeOperation(route, {
        headers: LIMIT_HEADERS,
        isTable: route.table !== undefined,
      }),
      parameters: [
        ...describeParameters(route.params, 'path'),
        ...describeParameters(route.query, 'query'),
        ...(route.acceptsProperties ? [PROPERTIES] : []),
      ],
    })
  for (const route of documented) add(route, { ...describeOperation(route), servers: [{ url: '/' }] })
  return {
    openapi: '3.1.0',
    info: {
      title: 'Zenovay External API',
      version: '1.0.0',
      description:
        'The figures of your websites (docs/metrics.md), and the APIs that manage them. Paths with their own server begin at the root.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: base }],
    security: [{ apiKey: [] }, { bearer: [] }],
    paths: { ...paths, '/openapi.json': { get: describeDocument() } },
    webhooks: toPlain(describeDeliveries(deliveries)),
    components: {
      securitySchemes: {
        apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
        bearer: { type: 'http', scheme: 'bearer' },
      },
      schemas: { Error: toPlain(ERROR) },
      responses: Object.fromEntries(
        [...new Set([...CODES_OF_ROUTES, ...CODES_OF_BODIES, ...documented.flatMap(codesOf)])].map((code) => [
          code,
          describeError(code),
        ]),
      ),
    },
  }
}

function codesOf({ codes, body }: RouteDocs): readonly ErrorCode[] {
  return codes ?? [...CODES_OF_ROUTES, ...(body ? CODES_OF_BODIES : [])]
}

function describeOperation(
  route: RouteDocs,
  { headers, isTable = false }: { headers?: object; isTable?: boolean } = {},
): Operation {
  const { operationId, summary, description, scope, params, query, body, request, bodyTypes, status } = route
  const describeRefusal = (code: ErrorCode) =>
    route.flatErrors
      ? {
          description: ERROR_CODES[code].message,
          content: { 'application/json': { schema: toPlain(FLAT_ERROR) } },
        }
      : { $ref: `#/components/responses/${code}` }
  return {
    operationId,
    summary,
    ...(description !== undefined && { description }),
    ...(scope === 'public' || scope === 'shared-secret' ? { security: [] } : { 'x-scope': scope }),
    parameters: [...describeParameters(params, 'path'), ...describeParameters(query, 'query')],
    ...(body && {
      requestBody: {
        required: true,
        content: Object.fromEntries(
          (bodyTypes ?? ['application/json']).map((type) => [
            type,
            { schema: toPlain(body), ...(request !== undefined && { example: request }) },
          ]),
        ),
      },
    }),
    responses: {
      [status]: {
        description: summary,
        ...(headers && { headers }),
        content: {
          ...describeContent(route),
          ...(isTable && { 'text/csv': { schema: { type: 'string' } } }),
        },
      },
      // OpenAPI allows one response per status, so only the last of two error codes with the same status is
      // included.
      ...Object.fromEntries(codesOf(route).map((code) => [ERROR_CODES[code].status, describeRefusal(code)])),
    },
  }
}

function describeContent(route: RouteDocs): object {
  const { contentType = 'application/json', example } = route
  return {
    [contentType]: answerOf(route) ?? {
      schema: { type: 'string' },
      ...(example !== undefined && { example }),
    },
  }
}

/**
 * The query parameter `property[key]=value`, which may occur any number of times. OpenAPI describes all of
 * its occurrences as one parameter with the style `deepObject`.
 */
const PROPERTIES: Parameter = {
  name: 'property',
  in: 'query',
  required: false,
  style: 'deepObject',
  explode: true,
  description: `property[key]=value: visits in which a custom event or goal has this property; at most ${MAX_PROPERTY_FILTERS} times.`,
  schema: toPlain(Type.Record(Type.String(), Type.String({ maxLength: MAX_TEXT_LENGTH }))),
}

function describeParameters(schema: TObject, place: 'path' | 'query'): Parameter[] {
  return Object.entries(schema.properties).map(([name, property]) => {
    const { description, ...plain } = toPlain(property)
    return {
      name,
      in: place,
      required: schema.required?.includes(name) ?? false,
      ...(description !== undefined && { description }),
      schema: plain,
    }
  })
}

function describeDocument(): Operation {
  return {
    operationId: 'readOpenApi',
    summary: 'This document',
    security: [],
    responses: {
      200: { description: 'OpenAPI 3.1', content: { 'application/json': { schema: { type: 'object' } } } },
      429: { $ref: '#/components/responses/RATE_LIMIT_EXCEEDED' },
    },
  }
}

function describeError(code: ErrorCode) {
  const limited = ERROR_CODES[code].status === 429 || ERROR_CODES[code].status === 503
  return {
    description:
      code === 'RATE_LIMIT_EXCEEDED'
        ? `${ERROR_CODES[code].message} Or MONTHLY_LIMIT_EXCEEDED: ${ERROR_CODES.MONTHLY_LIMIT_EXCEEDED.message}`
        : ERROR_CODES[code].message,
    ...(limited && { headers: { 'Retry-After': { description: 'Seconds.', schema: { type: 'integer' } } } }),
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
  }
}

/** Returns a copy of a schema as plain JSON, without TypeBox's symbol keys. */
function toPlain<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value)) as Value
}

const FLAT_ERROR = Type.Object({ error: Type.String({ description: 'One sentence.' }) })
