import type { Fault } from '@zenovay/tracker/contract'
import { NAME_RULE, parseName } from '../../http/fields.js'
import { KEY_SCOPES, type KeyScope } from './api-key.js'

/** What may be chosen of a new key. */
export interface KeyFields {
  name: string
  scope: KeyScope
  /** Of a site that may not be there; null for all that its maker reaches. */
  siteId: string | null
}

const FIELDS = ['name', 'scope', 'site_id']

export function isKeyScope(text: unknown): text is KeyScope {
  return (KEY_SCOPES as readonly unknown[]).includes(text)
}

/** Reads a new key by the names on the wire: `name` and, if wanted, `scope` and `site_id`. Either its fields or every fault. */
export function parseKeyFields(body: unknown): { fields: KeyFields } | { faults: Fault[] } {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return { faults: [{ field: 'body', reason: 'must be a JSON object' }] }
  const { name: givenName, scope = 'read', site_id: siteId = null } = body as Record<string, unknown>
  const name = parseName(givenName)
  const hasSite = siteId === null || typeof siteId === 'string'
  if (
    name !== undefined &&
    isKeyScope(scope) &&
    hasSite &&
    Object.keys(body).every((field) => FIELDS.includes(field))
  )
    return { fields: { name, scope, siteId } }

  const faults: Fault[] = []
  if (name === undefined)
    faults.push({ field: 'name', reason: givenName === undefined ? 'is missing' : NAME_RULE })
  if (!isKeyScope(scope)) faults.push({ field: 'scope', reason: `must be one of ${KEY_SCOPES.join(', ')}` })
  if (!hasSite) faults.push({ field: 'site_id', reason: 'must be the id of a site, or null for all' })
  for (const field of Object.keys(body))
    if (!FIELDS.includes(field))
      faults.push({ field: field.slice(0, 100), reason: `is none of ${FIELDS.join(', ')}` })
  return { faults }
}
