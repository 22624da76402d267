import type { Static, TObject } from '@sinclair/typebox'
import type { Fault } from '@zenovay/tracker/contract'
import { MAX_PROPERTY_FILTERS, PROPERTY_PARAMETER } from '../../reports/filters.js'
import { parseFields, type Refine } from '../fields.js'
import type { ApiRoute } from './route.js'

interface Input {
  params: unknown
  query: unknown
  body: unknown
}

interface ParsedInput {
  params: Record<string, string>
  query: Record<string, unknown>
  body: Record<string, unknown>
  issues: Fault[]
}

/** Maximum length of a query parameter value, in characters. */
export const MAX_TEXT_LENGTH = 2_048

/**
 * Parses the path parameters, query string and body of a request with the schemas of its route. Invalid
 * fields are listed in `issues` and omitted from the result.
 */
export function parseInput(
  route: Pick<ApiRoute<never>, 'params' | 'query' | 'body' | 'acceptsProperties'>,
  input: Input,
  refine?: Refine<Static<TObject>>,
): ParsedInput {
  const query = Object.entries(input.query as Record<string, unknown>)
  const isProperty = ([name]: [string, unknown]) => route.acceptsProperties && PROPERTY_PARAMETER.test(name)
  const params = parseFields(route.params, input.params, { isText: true })
  const parameters = parseFields(
    route.query,
    Object.fromEntries(query.filter((entry) => !isProperty(entry))),
    { isText: true },
  )
  const properties = parseProperties(query.filter(isProperty))
  const body = route.body ? parseFields(route.body, input.body, { refine }) : { fields: {}, issues: [] }
  return {
    params: params.fields as Record<string, string>,
    query: { ...parameters.fields, ...properties.fields },
    body: body.fields,
    issues: [...params.issues, ...parameters.issues, ...properties.issues, ...body.issues],
  }
}

function parseProperties(given: [string, unknown][]): { fields: Record<string, unknown>; issues: Fault[] } {
  if (given.length > MAX_PROPERTY_FILTERS)
    return {
      fields: {},
      issues: [
        {
          field: 'property',
          reason: `may be given at most ${MAX_PROPERTY_FILTERS} times, not ${given.length}`,
        },
      ],
    }
  const isText = (value: unknown) => typeof value === 'string' && value.length <= MAX_TEXT_LENGTH
  return {
    fields: Object.fromEntries(given.filter(([, value]) => isText(value))),
    issues: given
      .filter(([, value]) => !isText(value))
      .map(([field, value]) => ({
        field,
        reason: Array.isArray(value)
          ? 'must be given once'
          : `must be a string of at most ${MAX_TEXT_LENGTH} characters`,
      })),
  }
}
