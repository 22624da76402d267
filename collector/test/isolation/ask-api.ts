import { fillPath, type ApiRoute } from './list-api-routes.js'
import type { TwoAccounts } from './open-two-accounts.js'

export interface Asked {
  status: number
  /** Headers and body in lower case, without the values of the request itself. */
  text: string
  body: string
}

export interface ApiQuestion {
  route: ApiRoute
  values: Record<string, string>
  headers?: Record<string, string>
  query?: Record<string, string>
}

// Below the requests per minute of every plan in these tests.
const REQUESTS_OF_A_MINUTE = 100

/** Sends requests to the collector of two accounts; of an endless stream, only the beginning is read. */
export function createApiAsker({
  collector,
  passMinute,
}: TwoAccounts): (question: ApiQuestion) => Promise<Asked> {
  let asked = 0
  return async ({ route, values, headers = {}, query = {} }) => {
    if (++asked % REQUESTS_OF_A_MINUTE === 0) passMinute()
    const search = new URLSearchParams(query).toString()
    const ending = new AbortController()
    const answer = await fetch(`${collector.url}${fillPath(route, values)}${search && `?${search}`}`, {
      method: route.method,
      redirect: 'manual',
      signal: ending.signal,
      headers: { ...(route.body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(route.body !== undefined && { body: JSON.stringify(route.body) }),
    })
    const body = answer.headers.get('content-type')?.startsWith('text/event-stream')
      ? await readBeginning(answer)
      : await answer.text()
    ending.abort()
    const text = Object.values(values).reduce(
      (rest, value) => (value === '' ? rest : rest.replaceAll(JSON.stringify(value).slice(1, -1), '')),
      `${JSON.stringify([...answer.headers])}\n${body}`,
    )
    return { status: answer.status, body, text: text.toLowerCase() }
  }
}

async function readBeginning(answer: Response): Promise<string> {
  const { value } = await answer.body!.getReader().read()
  return Buffer.from((value as Uint8Array | undefined) ?? []).toString()
}
