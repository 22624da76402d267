import { createHash } from 'node:crypto'

/** The public id of an event: the same for every webhook and every attempt. */
export function nameEvent({ siteId, name, key }: { siteId: string; name: string; key: string }): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([siteId, name, key]))
    .digest('hex')
  return `evt_${digest.slice(0, 32)}`
}
