import type { TSchema } from '@sinclair/typebox'

/** One operation of an OpenAPI 3.1 document. */
export interface Operation {
  operationId: string
  summary: string
  description?: string
  parameters?: Parameter[]
  responses: Record<string, unknown>
  [field: string]: unknown
}

/** A parameter of an {@link Operation}. */
export interface Parameter {
  name: string
  in: 'path' | 'query' | 'header'
  required: boolean
  description?: string
  schema: TSchema
  [field: string]: unknown
}
