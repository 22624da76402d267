import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ErrorGroupRow } from '../../../src/reports/error-group.js'
import { MADE_UP_REPORTS } from '../../support/made-up-reports.js'
import { sliceOf } from '../../support/fake-reports.js'
import { type ExternalApi, NOW, openExternalApi } from '../../support/open-external-api.js'

const makeGroup = (fingerprint: string, lastSeen = NOW - 1000): ErrorGroupRow => ({
  fingerprint,
  message: `${fingerprint} is not a function`,
  type: 'TypeError',
  occurrences: 3,
  users: 2,
  firstSeen: NOW - 90_000,
  lastSeen,
})

let groups: ErrorGroupRow[]
let api: ExternalApi
beforeAll(async () => {
  groups = ['a', 'b', 'c', 'd'].map((fingerprint) => makeGroup(fingerprint))
  api = await openExternalApi({
    errorGroups: async (_scope, slice) => sliceOf(groups, slice),
    errorGroup: async (_site, fingerprint) => groups.find((group) => group.fingerprint === fingerprint),
  })
})
afterAll(() => api.close())

const list = async (query = '') => {
  const { body } = await api.get(`/errors/{id}/groups?${query}`)
  return body.data.error_groups.map(({ id, status }) => `${id} ${status}`)
}

it('lists error groups as open until their status is changed', async () => {
  const { body } = await api.get('/errors/{id}/groups?status=open&limit=1')
  expect(body.data).toEqual({
    date_range: expect.any(Object) as unknown,
    error_groups: [
      {
        id: 'a',
        fingerprint: 'a',
        message: 'a is not a function',
        type: 'TypeError',
        status: 'open',
        occurrence_count: 3,
        affected_users_count: 2,
        first_seen_at: '2026-04-01T09:58:30.000Z',
        last_seen_at: '2026-04-01T09:59:59.000Z',
      },
    ],
    pagination: { limit: 1, offset: 0, has_more: true, next_cursor: expect.any(String) as unknown },
  })
})

it('returns the newest errors of a group and its counts', async () => {
  const details = await openExternalApi(MADE_UP_REPORTS)
  const { body } = await details.get('/errors/{id}/groups/a1?range=7d')
  expect(body.data).toMatchObject({
    error_group: { id: 'a1', status: 'open', occurrence_count: 3 },
    errors: [
      {
        occurred_at: '2026-04-01T09:59:59.000Z',
        device_type: 'desktop',
        line: 3,
        column: null,
        frames: ['pay@https://example.com/app.js:3:1'],
      },
    ],
    days: [{ date: '2026-04-01', count: 3 }],
    browsers: [{ name: 'Firefox', count: 3 }],
  })
  expect(details.asked.at(-1)!.rest).toEqual([{ fingerprint: 'a1', timeZone: 'Europe/Zurich' }])
  await details.close()
  expect((await api.get('/errors/{id}/groups/unknown')).status).toBe(404)
})

describe('a status change', () => {
  it('changes the status of one error group, also in lists filtered by status', async () => {
    expect(
      (await api.send('PATCH', '/errors/{id}/groups/b', { status: 'resolved' })).body.data,
    ).toMatchObject({ id: 'b', status: 'resolved', occurrence_count: 3 })
    await api.send('PATCH', '/errors/{id}/groups/c', { status: 'ignored' })
    expect(await list()).toEqual(['a open', 'b resolved', 'c ignored', 'd open'])
    expect(await list('status=open')).toEqual(['a open', 'd open'])
    expect(await list('status=open&offset=1')).toEqual(['d open'])
    expect(await list('status=resolved')).toEqual(['b resolved'])
    expect(await list('status=ignored')).toEqual(['c ignored'])
  })

  it('reopens a resolved error group when its error occurs again, but not an ignored group', async () => {
    for (const group of groups) group.lastSeen = NOW + 1
    expect(await list()).toEqual(['a open', 'b open', 'c ignored', 'd open'])
  })

  it('rejects a status change of an unknown error group or to an unknown status', async () => {
    expect((await api.send('PATCH', '/errors/{id}/groups/nothing', { status: 'open' })).status).toBe(404)
    const faults = async (body: unknown) =>
      (await api.send('PATCH', '/errors/{id}/groups/a?x=1', body)).body.error.details
    const unknown = { field: 'x', reason: 'is unknown; there are no parameters' }
    expect(await faults({ status: 'done', note: 1 })).toEqual([
      unknown,
      { field: 'status', reason: 'must be one of open, resolved, ignored' },
      { field: 'note', reason: 'is unknown; allowed are status' },
    ])
    expect(await faults({})).toEqual([
      unknown,
      { field: 'status', reason: 'is missing: it must be one of open, resolved, ignored' },
    ])
    expect(await faults([])).toEqual([unknown, { field: 'body', reason: 'must be a JSON object' }])
  })

  it('rejects a status change by a key without the scope write', async () => {
    const reader = await openExternalApi({ errorGroup: async () => makeGroup('a') }, 'read')
    expect((await reader.send('PATCH', '/errors/{id}/groups/a', { status: 'open' })).status).toBe(403)
    await reader.close()
  })
})

it('returns the usage of the API key', async () => {
  const { headers, body } = await api.get('/usage')
  expect(body.data).toMatchObject({
    plan: 'enterprise',
    minute: { limit: 120 },
    month: { limit: 1_000_000, resets_at: '2026-05-01T00:00:00.000Z' },
  })
  const { limit, used, remaining } = body.data.minute
  expect(limit - used).toBe(remaining)
  expect(headers['x-ratelimit-remaining']).toBe(String(remaining))
})
