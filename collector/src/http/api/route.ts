import { type Static, type TObject, type TSchema, Type } from '@sinclair/typebox'
import type { ErrorCode, Fault } from '@zenovay/tracker/contract'
import type { Change } from '../../control/change-log.js'
import type { ApiKey, KeyScope } from '../../control/keys/api-key.js'
import { assertNoIssues } from '../../errors.js'
import type { AddIssue } from '../fields.js'

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

/** The documentation of one route, from which the OpenAPI document is built. */
export interface RouteDocs {
  method: Method
  /**
   * The path, with `{name}` for each parameter. Paths of the External API are relative to its base path, all
   * other paths to the server root.
   */
  path: string
  operationId: string
  summary: string
  description?: string
  /**
   * The scope that the API key must have. `public` routes require no authentication. `shared-secret` routes
   * require the token or signature that `description` names instead of an API key.
   */
  scope: KeyScope | 'public' | 'shared-secret'
  params: TObject
  query: TObject
  body?: TSchema
  /** An example of the request body. */
  request?: unknown
  /** Accepted media types of the request body. @default application/json */
  bodyTypes?: readonly string[]
  status: 200 | 201 | 302
  /** Schema of `data` in the response envelope `{"success":true,"data":…,"timestamp":…}`. */
  data?: TSchema
  /** Schema of additional fields in the envelope, next to `data`. */
  beside?: TObject
  /** Schema of the whole response body, if the response has no envelope. */
  response?: TSchema
  /** Media type of the response, if the response is not JSON. */
  contentType?: string
  /** An example of `data`, or of the whole response body if it has no envelope. */
  example?: unknown
  /**
   * Error codes that the route can return. @default the codes common to all routes that require an API key
   */
  codes?: readonly ErrorCode[]
  /** Replaces the error responses of the API with `{"error":"…"}`, which contains one of these texts. */
  flatErrors?: FlatErrors
}

export interface FlatErrors {
  /** The error text of a 404 response. */
  notFound: string
}

/** A request whose path parameters, query string and body are parsed. */
export interface ApiCall<
  Services,
  Params = Record<string, string>,
  Query = Record<string, unknown>,
  Body = unknown,
> {
  services: Services
  key: ApiKey
  params: Params
  query: Query
  body: Body
  /** All validation issues of the input. Invalid fields are omitted from `params`, `query` and `body`. */
  issues: Fault[]
  /** The actor and time that are recorded for a change that this request makes. */
  change: Change
  /** Unix time in milliseconds. The value stays the same throughout the request. */
  now: number
}

/** The parts of a request that are available before the query string and the body are validated. */
export type LoadCall<Services> = Pick<
  ApiCall<Services, Record<string, string>>,
  'services' | 'key' | 'params' | 'now'
>

export interface ApiAnswer {
  data: unknown
  /** Additional fields in the envelope, next to `data`. */
  beside?: Record<string, unknown>
  /** HTTP status of the response. @default the `status` of the route */
  status?: number
}

/** Describes the table that contains the rows of a response, for CSV output. */
export interface Table {
  row: TObject
  read(data: unknown): Record<string, unknown>[]
}

/**
 * A route whose documentation, validation and handler are defined in one place. The schemas that validate
 * requests also document the route.
 */
export interface ApiRoute<Services> extends RouteDocs {
  scope: KeyScope
  body?: TObject
  /** Whether the query string may contain `property[key]=value` parameters. */
  acceptsProperties: boolean
  /** The table that contains the rows of the response. Set only if the response is also available as CSV. */
  table?: Table
  /** Finds the resource that the path identifies, before the query string and the body are validated. */
  load?(call: LoadCall<Services>): unknown
  /** Adds validation issues for rules that the schema of the request body cannot express. */
  refine?(
    body: Record<string, unknown>,
    addIssue: AddIssue,
    call: { services: Services; target: unknown },
  ): void
  answer(call: ApiCall<Services> & { target: unknown }): Promise<ApiAnswer>
}

type Optional<Fields, Key extends keyof Fields> = Omit<Fields, Key> & Partial<Pick<Fields, Key>>

/** The definition of a route. Omitted fields receive default values. */
export interface RouteDescription<Query extends TObject, Body extends TObject> extends Optional<
  Omit<RouteDocs, 'scope' | 'query' | 'body' | 'contentType' | 'bodyTypes'>,
  'method' | 'params' | 'status'
> {
  /** The scope that the API key must have. @default read */
  scope?: KeyScope
  /** Schema of the query string. @default no query parameters are accepted */
  query?: Query
  /** Schema of the request body. @default no request body is read */
  body?: Body
  table?: Table
}

/** The path parameters of a route, such as `id` and `visitor` for `/sites/{id}/visitors/{visitor}`. */
type ParamsOf<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Record<Name, string> & ParamsOf<Rest>
  : unknown

function paramsOf(path: string): TObject {
  return Type.Object(
    Object.fromEntries([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => [name!, Type.String()])),
  )
}

/**
 * Creates the `defineRoute` function of an application that uses these services. The `answer` function of a
 * route runs only if the input has no issues. It returns the response data, or the whole response body if the
 * response has no envelope.
 */
export function createDefineRoute<Services>() {
  return function defineRoute<
    Path extends string,
    Query extends TObject,
    Body extends TObject,
    Target = undefined,
  >(
    route: RouteDescription<Query, Body> & {
      path: Path
      load?(call: LoadCall<Services>): Promise<Target> | Target
      refine?(
        body: Partial<Static<Body>>,
        addIssue: AddIssue,
        call: { services: Services; target: Target },
      ): void
      /** Returns the HTTP status for the given response data. @default the `status` of the route */
      statusOf?(data: unknown): number
      answer(
        call: ApiCall<Services, ParamsOf<Path>, Static<Query>, Static<Body>> & { target: Target },
      ): unknown
    },
  ): ApiRoute<Services> {
    const { statusOf, answer, ...described } = route
    const defaults = {
      method: 'GET' as const,
      scope: 'read' as const,
      params: paramsOf(route.path),
      query: Type.Object({}),
      status: 200 as const,
      acceptsProperties: false,
    }
    return {
      ...defaults,
      ...(described as object),
      async answer(call: Parameters<ApiRoute<Services>['answer']>[0]) {
        assertNoIssues(call.issues)
        const data = await answer(call as unknown as Parameters<typeof answer>[0])
        return { data, ...(statusOf && { status: statusOf(data) }) }
      },
    } as ApiRoute<Services>
  }
}

/**
 * Returns the documentation of a route that is not created with `defineRoute`, such as a file, a stream, a
 * health probe, or a route that reads the raw request body.
 */
export function documentRoute(
  route: Optional<RouteDocs, 'method' | 'params' | 'query' | 'status'>,
): RouteDocs {
  return { method: 'GET', params: paramsOf(route.path), query: Type.Object({}), status: 200, ...route }
}

/** Returns the path of a route as a Fastify URL pattern, for example `/sites/:id` for `/sites/{id}`. */
export const urlOf = ({ path }: Pick<RouteDocs, 'path'>): string => path.replaceAll(/\{(\w+)\}/g, ':$1')

export const MOMENT = Type.String({ description: 'ISO 8601, UTC.' })
export const MOMENT_EXAMPLE = '2026-04-01T10:15:00.000Z'

const envelope = (data: TSchema, beside?: TObject): TObject =>
  Type.Object({ success: Type.Literal(true), data, timestamp: MOMENT, ...beside?.properties })

/** Returns the schema and an example of the whole response body, or undefined if the response is not JSON. */
export function answerOf({
  data,
  beside,
  response,
  example,
}: RouteDocs): { schema: TSchema; example: unknown } | undefined {
  if (response) return { schema: response, example }
  return (
    data && {
      schema: envelope(data, beside),
      example: { success: true, data: example, timestamp: MOMENT_EXAMPLE },
    }
  )
}

/** Schema of the response data of a `DELETE` route that removes an object. */
export const REMOVED = Type.Object({ id: Type.String() })

/** Formats a Unix time in milliseconds as an ISO 8601 date-time in UTC. Returns null for null. */
export function toIso(ms: number): string
export function toIso(ms: number | null): string | null
export function toIso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString()
}
