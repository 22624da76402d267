import { type Static, type TObject, type TSchema, Type } from '@sinclair/typebox'
import type { ErrorCode, Fault } from '@zenovay/tracker/contract'
import type { Change } from '../../control/change-log.js'
import type { ApiKey, KeyScope } from '../../control/keys/api-key.js'
import { assertNoIssues } from '../../errors.js'
import type { AddIssue } from '../fields.js'

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

/** Documentation of a route, for the OpenAPI document. */
export interface RouteDocs {
  method: Method
  /**
   * The path, with `{name}` for each parameter. Routes of the External API begin at its base, all others at
   * the root.
   */
  path: string
  operationId: string
  summary: string
  description?: string
  /**
   * Scope that the API key must have. `public`: no authentication. `shared-secret`: no API key, but the token
   * or signature that the description names.
   */
  scope: KeyScope | 'public' | 'shared-secret'
  params: TObject
  query: TObject
  body?: TObject
  /** An example of the body. */
  request?: unknown
  /** Media types of the body. @default application/json */
  bodyTypes?: readonly string[]
  status: 200 | 201 | 302
  /** Schema of `data` in the envelope `{"success":true,"data":…,"timestamp":…}`. */
  data?: TSchema
  /** Schema of the fields beside `data`. */
  beside?: TObject
  /** Schema of the whole answer, where it has no envelope. */
  response?: TSchema
  /** Media type of an answer that is not JSON. */
  contentType?: string
  /** An example of `data`, or of an answer without envelope. */
  example?: unknown
  /** Error codes of the answer. @default those of every route with a key */
  codes?: readonly ErrorCode[]
  /** The errors of the route; set where errors are `{"error":"…"}`. */
  flatErrors?: FlatErrors
}

export interface FlatErrors {
  /** The sentence of a 404. */
  notFound: string
}

/** A request with parsed input. */
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
  /** All issues of the input. Invalid fields are left out of `params`, `query` and `body`. */
  issues: Fault[]
  /** Actor and time of a change. */
  change: Change
  /** ms since the epoch, the same throughout the request. */
  now: number
}

/** The part of a request that is available before the query and the body are checked. */
export type LoadCall<Services> = Pick<
  ApiCall<Services, Record<string, string>>,
  'services' | 'key' | 'params' | 'now'
>

export interface ApiAnswer {
  data: unknown
  /** Fields beside `data` in the envelope. */
  beside?: Record<string, unknown>
  /** @default that of the route */
  status?: number
}

/** The rows of an answer as a table. */
export interface Table {
  row: TObject
  read(data: unknown): Record<string, unknown>[]
}

/**
 * A route with documentation, checks and handler in one place. The schemas that check requests are also the
 * documentation.
 */
export interface ApiRoute<Services> extends RouteDocs {
  scope: KeyScope
  /** Whether the query may have `property[key]=value`. */
  acceptsProperties: boolean
  /** The rows as a table; set where the answer is available as CSV. */
  table?: Table
  /** Finds the resource of the path before other checks. */
  load?(call: LoadCall<Services>): unknown
  /** Adds issues that the schemas cannot express. */
  refine?(
    body: Record<string, unknown>,
    addIssue: AddIssue,
    call: { services: Services; target: unknown },
  ): void
  answer(call: ApiCall<Services> & { target: unknown }): Promise<ApiAnswer>
}

type Optional<Fields, Key extends keyof Fields> = Omit<Fields, Key> & Partial<Pick<Fields, Key>>

/** The definition of a route; omitted fields have defaults. */
export interface RouteDescription<Query extends TObject, Body extends TObject> extends Optional<
  Omit<RouteDocs, 'scope' | 'query' | 'body' | 'contentType' | 'bodyTypes'>,
  'method' | 'params' | 'status'
> {
  /** @default read */
  scope?: KeyScope
  /** @default none */
  query?: Query
  /** @default none is read */
  body?: Body
  table?: Table
}

/** The parameters of `/sites/{id}/visitors/{visitor}` are `id` and `visitor`. */
type ParamsOf<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Record<Name, string> & ParamsOf<Rest>
  : unknown

function paramsOf(path: string): TObject {
  return Type.Object(
    Object.fromEntries([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => [name!, Type.String()])),
  )
}

/**
 * Makes the `defineRoute` of an app with these services. `answer` returns the data, or the whole answer where
 * it has no envelope; it runs when there are no issues.
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
      /** The status of this answer. @default `status` */
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

/** Documents a route without schemas: files, streams, probes, and bodies that are needed as raw bytes. */
export function documentRoute(
  route: Optional<RouteDocs, 'method' | 'params' | 'query' | 'status'>,
): RouteDocs {
  return { method: 'GET', params: paramsOf(route.path), query: Type.Object({}), status: 200, ...route }
}

/** The URL pattern of a path, as Fastify writes it. */
export const urlOf = ({ path }: Pick<RouteDocs, 'path'>): string => path.replaceAll(/\{(\w+)\}/g, ':$1')

export const MOMENT = Type.String({ description: 'ISO 8601, UTC.' })
export const MOMENT_EXAMPLE = '2026-04-01T10:15:00.000Z'

const envelope = (data: TSchema, beside?: TObject): TObject =>
  Type.Object({ success: Type.Literal(true), data, timestamp: MOMENT, ...beside?.properties })

/** Schema and example of the whole answer; undefined where it is not JSON. */
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

/** The answer of `DELETE`. */
export const REMOVED = Type.Object({ id: Type.String() })

/** A moment in an answer; null stays null. */
export function toIso(ms: number): string
export function toIso(ms: number | null): string | null
export function toIso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString()
}
