import { Type, type Static, type TObject, type TSchema } from '@sinclair/typebox'
import type { Fault } from '@zenovay/tracker/contract'
import { ApiError } from '../../errors.js'
import type { ApiKey, ControlStore } from '../../stores/control-store.js'
import type { GoalStore } from '../../stores/goal-store.js'
import type { ReportStore } from '../../stores/report-store.js'

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
