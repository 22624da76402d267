import type { Fault } from '@zenovay/tracker/contract'
import { createApiKey } from '../../src/control/keys/api-key.js'
import type { KeyScope } from '../../src/control/keys/api-key.js'
import type { ReportStore } from '../../src/reports/report-store.js'
import { createFakeReports, type Question } from './fake-reports.js'
import { createTestApp, type TestApp } from './create-test-app.js'

/**
 * The External API over reports defined by a test; it is noon of a Wednesday in Zurich, the zone of its
 * site.
 */
export interface ExternalApi extends TestApp {
  /** The queries that the routes sent to the report store. */
  asked: Question[]
  get(path: string, headers?: Record<string, string>): Promise<ExternalAnswer>
  send(method: 'PATCH', path: string, body: unknown): Promise<ExternalAnswer>
}

export interface ExternalAnswer {
  status: number
  headers: Record<string, unknown>
  text: string
  body: AnswerBody
}

type Row = Record<string, unknown>

/** The fields that tests read from answers; each route returns some of them. */
export interface AnswerBody {
  success: boolean
  data: Row[] & {
    time_range: string
    date_range: Row
    daily_stats: Row[]
    comparison: Row
    visitors: Row[]
    countries: Row[]
    sources: Row[]
    error_groups: Row[]
    by: string
    minute: Record<'limit' | 'used' | 'remaining', number>
    pagination: { next_cursor: string }
  }
  pagination: Row
  error: { code: string; details: Fault[] }
}

export const NOW = Date.parse('2026-04-01T10:00:00Z')

export async function openExternalApi(
  answers: Partial<ReportStore> = {},
  scope: KeyScope = 'write',
): Promise<ExternalApi> {
  const reports = createFakeReports(answers)
  const test = await createTestApp({ reports, now: () => NOW })
  await test.control.updateSite(test.site.id, { timeZone: 'Europe/Zurich' })
  const { secret, record } = createApiKey({ name: 'test', siteId: test.site.id, scope }, NOW)
  await test.control.addApiKey(record)
  await test.goals.addGoal(
    test.site.id,
    { name: 'Signed up', rule: { kind: 'event', event: 'signup' }, value: 2.5 },
    { actor: null, at: NOW },
  )

  const ask = async (
    method: 'GET' | 'PATCH',
    path: string,
    { headers, body }: { headers?: Record<string, string>; body?: unknown },
  ) => {
    const answer = await test.app.inject({
      method,
      url: `/api/external/v1${path.replace('{id}', test.site.id)}`,
      headers: {
        'x-api-key': secret,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { payload: JSON.stringify(body) }),
    })
    const isJson = String(answer.headers['content-type']).startsWith('application/json')
    return {
      status: answer.statusCode,
      headers: answer.headers,
      text: answer.body,
      body: (isJson ? JSON.parse(answer.body) : {}) as AnswerBody,
    }
  }
  return {
    ...test,
    asked: reports.asked,
    get: (path, headers = {}) => ask('GET', path, { headers }),
    send: (method, path, body) => ask(method, path, { body }),
  }
}
