import { afterAll, beforeAll, expect, it } from 'vitest'
import { createApiAsker, type ApiQuestion, type Asked } from './ask-api.js'
import { listApiRoutes, parametersOf } from './list-api-routes.js'
import { openTwoAccounts, type TwoAccounts } from './open-two-accounts.js'

const INJECTIONS = [
  "' OR '1'='1",
  "'; DROP TABLE events; --",
  "x' UNION ALL SELECT * FROM system.tables --",
  "\\' OR 1=1 --",
  '") OR 1=1 --',
  '` OR 1=1 --',
  '1); DROP TABLE events; --',
  '{siteId:String}',
  '%27%20OR%201%3D1',
  '../../../etc/passwd',
  '<script>alert(1)</script>',
  '${7*7}{{7*7}}',
  '\u0000',
  'a\u0000b',
  '\r\nX-Injected: yes',
  '\ud83d\ude00\u202e',
  '*',
  '%',
  '_',
  '-1',
  '1e999',
  'NaN',
  'null',
  '[]',
  '{"$ne":null}',
  '__proto__',
  'constructor',
  '=cmd|calc',
  'x'.repeat(3000),
]
/** A harmless text that occurs nowhere. */
const UNKNOWN = 'nothing-0001'
// Each parameter of each route is tested with so many, taken in turn.
const OF_EACH = 1

const routes = (await listApiRoutes()).filter(
  ({ method, path }) => method === 'GET' && path.startsWith('/api/external'),
)

let accounts: TwoAccounts
let ask: (question: ApiQuestion) => Promise<Asked>
let secret: string

beforeAll(async () => {
  accounts = await openTwoAccounts()
  ask = createApiAsker(accounts)
  secret = (await accounts.addKey(accounts.mine.site.accountId, null, 'read')).secret
})
afterAll(() => accounts.collector.close())

let next = 0
const pickInjection = () => INJECTIONS[next++ % INJECTIONS.length]!

it.each(routes.map((route) => [route.path, route] as const))(
  'answers an injection in any parameter of %s in the same way as an unknown value',
  async (_, route) => {
    const { mine, collector } = accounts
    const values = {
      id: mine.site.id,
      visitor: mine.visitorId,
      name: mine.eventName,
      group: mine.fingerprint,
    }
    const headers = { 'x-api-key': secret }
    const events = await collector.select('SELECT count() AS events FROM events')
    const before = await ask({ route, values, headers })
    const askPath = (name: string, text: string) =>
      ask({ route, values: { ...values, [name]: text }, headers })
    const askQuery = (name: string, text: string) => ask({ route, values, headers, query: { [name]: text } })
    const parameters = [
      ...parametersOf(route).map((name) => ({ name, askWith: askPath })),
      ...route.query.map((name) => ({
        name: name === 'property' ? 'property[plan]' : name,
        askWith: askQuery,
      })),
    ]

    for (const { name, askWith } of parameters) {
      const unknown = await askWith(name, UNKNOWN)
      for (let count = 0; count < OF_EACH; count++) {
        const text = pickInjection()
        const answer = await askWith(name, text)
        const about = `${name}=${JSON.stringify(text.slice(0, 60))}: ${answer.status} ${answer.body.slice(0, 300)}`
        expect(answer.status, about).toBeLessThan(500)
        expect(answer.text, about).not.toContain('["x-injected"')
        // A clear rejection, or the answer for an unknown text: not a row more or less.
        if (answer.status === 400)
          expect(JSON.parse(answer.body), about).toMatchObject({
            error: {
              code: 'VALIDATION_ERROR',
              details: expect.arrayContaining([expect.objectContaining({ field: name })]) as unknown[],
            },
          })
        else
          expect([answer.status, dataOf(answer, text)], about).toEqual([
            unknown.status,
            dataOf(unknown, UNKNOWN),
          ])
      }
    }
    // The keys of property filters are text as well.
    if (route.query.includes('property'))
      for (const text of Array.from({ length: OF_EACH }, pickInjection)) {
        const answer = await askQuery(`property[${text}]`, 'x')
        expect([200, 400, 404], `${text}: ${answer.body.slice(0, 300)}`).toContain(answer.status)
        if (answer.status === 200) expect(answer.text).not.toContain(mine.visitorId)
      }
    expect(dataOf(await ask({ route, values, headers }))).toEqual(dataOf(before))
    expect(await collector.select('SELECT count() AS events FROM events')).toEqual(events)
  },
)

/** The data of an answer, without the echoed text and without the time of the answer. */
function dataOf({ status, body }: Asked, text?: string): unknown {
  if (status !== 200) return (JSON.parse(body) as { error: { code: string } }).error.code
  const { data } = JSON.parse(body) as { data: unknown }
  return JSON.parse(
    JSON.stringify(data, (key, value: unknown) =>
      value === text
        ? '(the text)'
        : ['used', 'remaining', 'to', 'from', 'resets_at'].includes(key)
          ? undefined
          : value,
    ) ?? 'null',
  )
}
