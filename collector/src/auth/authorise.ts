import type { IncomingHttpHeaders } from 'node:http'
import { ApiError } from '../errors.js'
import {
  KEY_SCOPES,
  type ApiKey,
  type ControlStore,
  type KeyScope,
  type Site,
} from '../stores/control-store.js'
import { isKeyOf, readKeyId } from './api-key.js'

/**
 * The API key of a request, from `X-API-Key` or `Authorization: Bearer`.
 * Throws `UNAUTHORIZED`, or `FORBIDDEN` when its scope is less than `scope`.
 */
export async function authenticate(
  headers: IncomingHttpHeaders,
  control: Pick<ControlStore, 'findApiKey'>,
  scope: KeyScope = 'read',
): Promise<ApiKey> {
  const [, bearer] = /^Bearer (.+)$/i.exec(headers.authorization ?? '') ?? []
  const secret = [headers['x-api-key']].flat()[0] ?? bearer ?? ''
  const id = readKeyId(secret)
  const record = id && (await control.findApiKey(id))
  if (!record || !isKeyOf(secret, record)) throw new ApiError('UNAUTHORIZED')
  assertScope(record, scope)
  return record
}

/** Throws `FORBIDDEN` when the key may do less than `scope`. */
export function assertScope(key: ApiKey, scope: KeyScope): void {
  if (KEY_SCOPES.indexOf(key.scope) < KEY_SCOPES.indexOf(scope)) throw new ApiError('FORBIDDEN')
}

/** The site of an id, if the key is for it. Throws `FORBIDDEN`, or `NOT_FOUND` when its account has no such site. */
export async function authorise(
  key: ApiKey,
  siteId: string,
  control: Pick<ControlStore, 'findSite'>,
): Promise<Site> {
  // Asked before the store: a key of one site must not learn which other ids exist.
  if (key.siteId !== null && key.siteId !== siteId) throw new ApiError('FORBIDDEN')
  const site = await control.findSite(siteId)
  // One answer for both: a key must not learn which ids other accounts have.
  if (site?.accountId !== key.accountId) throw new ApiError('NOT_FOUND')
  return site
}
