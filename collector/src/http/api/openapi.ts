import { type TObject, type TSchema, Type } from '@sinclair/typebox'
import { ERROR_CODES, type ErrorCode } from '@zenovay/tracker/contract'
import { MAX_TEXT_LENGTH } from './read-input.js'
import type { ApiRoute, DescribedRoute } from './route.js'

/** An OpenAPI document; what it holds, its own specification says. */
export type OpenApiDocument = {
  openapi: string
  info: { title: string; version: string; description: string; license: object }
  paths: Record<string, Record<string, Operation>>
} & Record<string, unknown>

export interface Operation {
  operationId: string
  summary: string
  description?: string
  parameters?: Parameter[]
  responses: Record<string, unknown>
  [field: string]: unknown
}

export interface Parameter {
  name: string
  in: 'path' | 'query'
  required: boolean
  description?: string
  schema: TSchema
  [field: string]: unknown
}

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

/** How much of the limit of the key's minute is left. */
const LIMIT_HEADERS = {
  'X-RateLimit-Limit': {
    description: 'Requests that the key may make in a minute.',
    schema: { type: 'integer' },
  },
  'X-RateLimit-Remaining': { description: 'How many of them are left.', schema: { type: 'integer' } },
  'X-RateLimit-Reset': {
    description: 'When the minute is over, in seconds since the epoch.',
    schema: { type: 'integer' },
  },
}

const ERROR = Type.Object({
  success: Type.Literal(false),
  error: Type.Object({
    code: Type.String({ description: 'A code of the register.' }),
    message: Type.String(),
    timestamp: Type.String({ description: 'ISO 8601, UTC.' }),
    details: Type.Optional(
      Type.Array(Type.Object({ field: Type.String(), reason: Type.String() }), {
        description: 'Every fault, with VALIDATION_ERROR.',
      }),
    ),
  }),
})

/** The OpenAPI 3.1 document of the External API, from the schemas that its requests are checked with; `others` are operations beside it. */
export function buildOpenApi(
  routes: readonly ApiRoute[],
  base: string,
  others: readonly { method: string; path: string; operation: Operation }[],
): OpenApiDocument {
  const paths: OpenApiDocument['paths'] = {}
  for (const route of routes) (paths[route.path] ??= {})[route.method.toLowerCase()] = describeRoute(route)
  for (const { method, path, operation } of others) (paths[path] ??= {})[method.toLowerCase()] = operation
  return {
    openapi: '3.1.0',
    info: {
      title: 'Zenovay External API',
      version: '1.0.0',
      description:
        'The figures of your websites (docs/metrics.md), and what manages them. Paths that name a server of their own begin at the root.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: base }],
    security: [{ apiKey: [] }, { bearer: [] }],
    paths: { ...paths, '/openapi.json': { get: describeDocument() } },
    components: {
      securitySchemes: {
        apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
        bearer: { type: 'http', scheme: 'bearer' },
      },
      schemas: { Error: toPlain(ERROR) },
      responses: Object.fromEntries(
        [...CODES_OF_ROUTES, ...CODES_OF_BODIES].map((code) => [code, describeError(code)]),
      ),
    },
  }
}

function describeRoute({
  operationId,
  summary,
  description,
  params,
  query,
  takesProperties,
  body,
  data,
  beside,
  example,
  table,
  scope,
}: ApiRoute): Operation {
  const answer = Type.Object({
    success: Type.Literal(true),
    data,
    timestamp: Type.String({ description: 'ISO 8601, UTC.' }),
    ...beside?.properties,
  })
  const content = {
    'application/json': {
      schema: toPlain(answer),
      example: { success: true, data: example, timestamp: '2026-04-01T10:15:00.000Z' },
    },
    ...(table && { 'text/csv': { schema: { type: 'string' } } }),
  }
  return {
    operationId,
    summary,
    ...(description !== undefined && { description }),
    'x-scope': scope,
    parameters: [
      ...describeParameters(params, 'path'),
      ...describeParameters(query, 'query'),
      ...(takesProperties ? [PROPERTIES] : []),
    ],
    ...(body && {
      requestBody: { required: true, content: { 'application/json': { schema: toPlain(body) } } },
    }),
    responses: {
      200: { description: summary, headers: LIMIT_HEADERS, content },
      ...Object.fromEntries(
        [...CODES_OF_ROUTES, ...(body ? CODES_OF_BODIES : [])].map((code) => [
          ERROR_CODES[code].status,
          { $ref: `#/components/responses/${code}` },
        ]),
      ),
    },
  }
}

/** `property[key]=value`, any number of them: in the document one parameter of style deepObject. */
const PROPERTIES: Parameter = {
  name: 'property',
  in: 'query',
  required: false,
  style: 'deepObject',
  explode: true,
  description:
    'property[key]=value: visits in which a custom event or goal has this property; any number of them.',
  schema: toPlain(Type.Record(Type.String(), Type.String({ maxLength: MAX_TEXT_LENGTH }))),
}

/** Parameters as the document names them. */
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

/** A schema as JSON: without the symbols by which TypeBox knows it. */
function toPlain(schema: TSchema): TSchema {
  return JSON.parse(JSON.stringify(schema)) as TSchema
}

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
