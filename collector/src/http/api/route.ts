import { type Static, type TObject, type TSchema, Type } from '@sinclair/typebox'
import type { Fault } from '@zenovay/tracker/contract'
import type { ControlStore } from '../../control/control-store.js'
import type { GoalStore } from '../../control/goals/goal-store.js'
import type { ApiKey, KeyScope } from '../../control/keys/api-key.js'
import { ApiError } from '../../errors.js'
import type { ReportStore } from '../../reports/report-store.js'

/** What the routes of the External API ask. */
export interface ExternalServices {
  control: ControlStore
  reports: ReportStore
  goals: Pick<GoalStore, 'listGoals'>
  /** ms since the epoch. */
  now: () => number
}

/** A request whose parameters were read; what is wrong with them is in `faults`. */
export interface ApiCall<Params = Record<string, string>, Query = Record<string, unknown>, Body = unknown> {
  services: ExternalServices
  key: ApiKey
  params: Params
  query: Query
  body: Body
  faults: Fault[]
  /** ms since the epoch, the same for everything that this request asks. */
  now: number
}

/** What a route answers: `data` in the envelope, and beside it the fields of `beside`. */
export interface ApiAnswer {
  data: unknown
  beside?: Record<string, unknown>
}

/** The rows of an answer as a table. */
export interface Table {
  row: TObject
  read(data: unknown): Record<string, unknown>[]
}

/** What a route says of itself. The same schemas check its requests and are its documentation. */
export interface RouteDescription<Params extends TObject, Query extends TObject, Body extends TObject> {
  /** @default GET */
  method?: 'GET' | 'PATCH'
  /** With `{name}` for each of `params`. */
  path: string
  operationId: string
  summary: string
  description?: string
  /** What the key must be allowed to do. @default read */
  scope?: 'read' | 'write'
  /** @default none */
  params?: Params
  query?: Query
  body?: Body
  /** Schema of `data`. */
  data: TSchema
  /** Schema of the fields beside `data`. */
  beside?: TObject
  /** An example of `data`. */
  example: unknown
  /** Where the answer may be had as CSV. */
  table?: Table
}

/** One route of the External API. */
export interface ApiRoute extends RouteDescription<TObject, TObject, TObject> {
  method: 'GET' | 'PATCH'
  scope: 'read' | 'write'
  params: TObject
  query: TObject
  /** Whether `property[key]=value` may be asked for. */
  takesProperties: boolean
  answer(call: ApiCall): Promise<ApiAnswer>
}

/** A route that is no report. */
export function defineRoute<Params extends TObject, Query extends TObject, Body extends TObject>(
  route: RouteDescription<Params, Query, Body> & {
    answer(call: ApiCall<Static<Params>, Static<Query>, Static<Body>>): Promise<ApiAnswer>
  },
): ApiRoute {
  return {
    method: 'GET',
    scope: 'read',
    params: Type.Object({}),
    query: Type.Object({}),
    takesProperties: false,
    ...route,
    async answer(call) {
      refuseFaults(call.faults)
      return route.answer(call as ApiCall<Static<Params>, Static<Query>, Static<Body>>)
    },
  }
}

/** Throws `VALIDATION_ERROR` when there is a fault. */
export function refuseFaults(faults: Fault[]): void {
  if (faults.length > 0) throw new ApiError('VALIDATION_ERROR', { details: faults })
}

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
