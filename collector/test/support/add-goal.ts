import { createApiKey, type Site } from '@zenovay/collector'
import type { TestCollector } from './start-test-collector.js'

/** Adds a goal to a site over HTTP, with its fields as on the wire. Resolves to its id. */
export async function addGoal(
  { url, collector }: Pick<TestCollector, 'url' | 'collector'>,
  site: Site,
  fields: Record<string, unknown>,
): Promise<string> {
  const { secret, record } = createApiKey(
    { name: 'goals', accountId: site.accountId, siteId: site.id, scope: 'admin' },
    Date.now(),
  )
  await collector.control.addApiKey(record)
  const answer = await fetch(`${url}/api/goals`, {
    method: 'POST',
    headers: { 'x-api-key': secret, 'content-type': 'application/json' },
    body: JSON.stringify({ site_id: site.id, ...fields }),
  })
  const body = (await answer.json()) as { data?: { id: string } }
  if (!body.data) throw new Error(`the goal was refused: ${JSON.stringify(body)}`)
  return body.data.id
}
