import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { ApiError } from '../../errors.js'
import type { ControlStore } from '../control-store.js'
import type { Site } from '../sites.js'
import { type ApiKey, isKeyOf, KEY_SCOPES, type KeyScope, parseKeyId, reaches } from './api-key.js'
import { addRequest, describeUsage, findExceeded, minuteOf } from './usage.js'

type Count = ControlStore['countRequest']

/**
 * Creates a function that counts the requests of each account on disk. If the store cannot be written, the
 * function counts requests per minute in memory, so that reports remain available. An account that has reached
 * its monthly limit is still rejected.
 */
export function createRequestCounter(control: Pick<ControlStore, 'countRequest' | 'readUsage'>): Count {
  // Requests per minute of the accounts whose keys are used while the store cannot be written.
  const minutes = new Map<string, ReturnType<typeof minuteOf>>()

  const countInMemory: Count = async (keyId, now) => {
    const stored = await control.readUsage(keyId, now)
    if (!stored) return undefined
    const minute = minutes.get(stored.accountId)
    const before = minute
      ? describeUsage(
          stored,
          { minuteBeganAt: minute.beganAt, minuteCount: minute.count, monthCount: stored.month.used },
          now,
        )
      : stored
    const exceeded = findExceeded(before)
    if (exceeded) return { usage: before, exceeded }
    const usage = addRequest(before)
    minutes.set(stored.accountId, minuteOf(usage))
    return { usage, exceeded: undefined }
  }

  return async (keyId, now) => {
    try {
      const counted = await control.countRequest(keyId, now)
      if (counted) minutes.delete(counted.usage.accountId)
      return counted
    } catch (error) {
      if (error instanceof ApiError && error.code === 'STORE_UNAVAILABLE') return countInMemory(keyId, now)
      throw error
    }
  }
}

/** Authenticates requests and enforces the rate limits of their accounts. */
export interface KeyGate {
  /**
   * Counts a request and resolves to its API key. Sets the `X-RateLimit-…` headers for every valid key, even
   * if the request is rejected. Throws `UNAUTHORIZED`, `RATE_LIMIT_EXCEEDED` or `MONTHLY_LIMIT_EXCEEDED`, or
   * `FORBIDDEN` if the key lacks `scope`.
   */
  enter(request: FastifyRequest, reply: FastifyReply, scope: KeyScope): Promise<ApiKey>
}

const CODES = { minute: 'RATE_LIMIT_EXCEEDED', month: 'MONTHLY_LIMIT_EXCEEDED' } as const

export function createKeyGate({
  control,
  now,
}: {
  control: Pick<ControlStore, 'findApiKey' | 'countRequest' | 'readUsage'>
  now: () => number
}): KeyGate {
  const countRequest = createRequestCounter(control)
  return {
    async enter(request, reply, scope) {
      const key = await authenticate(request.headers, control)
      const at = now()
      const counted = await countRequest(key.id, at)
      // The API key was revoked after it was read from the store.
      if (!counted) throw new ApiError('UNAUTHORIZED')
      const { usage, exceeded } = counted
      void reply.headers({
        'x-ratelimit-limit': usage.minute.limit,
        'x-ratelimit-remaining': Math.max(0, usage.minute.limit - usage.minute.used),
        'x-ratelimit-reset': Math.ceil(usage.minute.resetsAt / 1000),
      })
      if (exceeded)
        throw new ApiError(CODES[exceeded], {
          retryAfterS: Math.ceil((usage[exceeded].resetsAt - at) / 1000),
        })
      // Check the scope after counting, because rejected requests must count against the limits, too.
      assertScope(key, scope)
      return key
    },
  }
}

/**
 * Resolves to the API key that a request sends in the header `X-API-Key` or `Authorization: Bearer`.
 * Throws `UNAUTHORIZED` if the key is missing or invalid, or `FORBIDDEN` if the key lacks `scope`.
 */
export async function authenticate(
  headers: IncomingHttpHeaders,
  control: Pick<ControlStore, 'findApiKey'>,
  scope: KeyScope = 'read',
): Promise<ApiKey> {
  const [, bearer] = /^Bearer (.+)$/i.exec(headers.authorization ?? '') ?? []
  const secret = [headers['x-api-key']].flat()[0] ?? bearer ?? ''
  const id = parseKeyId(secret)
  const record = id && (await control.findApiKey(id))
  if (!record || !isKeyOf(secret, record)) throw new ApiError('UNAUTHORIZED')
  assertScope(record, scope)
  return record
}

/** Throws `FORBIDDEN` if the API key lacks the scope. */
export function assertScope(key: ApiKey, scope: KeyScope): void {
  if (KEY_SCOPES.indexOf(key.scope) < KEY_SCOPES.indexOf(scope))
    throw new ApiError('FORBIDDEN', {
      message: `This needs an API key with the scope ${scope}. This one has the scope ${key.scope}.`,
    })
}

/** Throws `FORBIDDEN` if the API key is limited to one site. */
export function assertAllSites({ siteId }: ApiKey): void {
  if (siteId !== null)
    throw new ApiError('FORBIDDEN', {
      message: `This needs an API key for all sites of its account. This one is for the site ${siteId}.`,
    })
}

/**
 * Resolves to the site with the given ID if the API key can access it. Throws `FORBIDDEN` if the key is
 * limited to another site, or `NOT_FOUND` if the account of the key has no such site.
 */
export async function authorise(
  key: ApiKey,
  siteId: string,
  control: Pick<ControlStore, 'findSite'>,
): Promise<Site> {
  // Check this before reading the store, because an API key for one site must not reveal which other sites
  // exist.
  if (!reaches(key, { accountId: key.accountId, siteId }))
    throw new ApiError('FORBIDDEN', { message: `This API key is for the site ${key.siteId} only.` })
  const site = await control.findSite(siteId)
  // Answer a missing site and a site of another account alike, because an API key must not reveal which site
  // IDs other accounts use.
  if (!site || !reaches(key, { accountId: site.accountId, siteId })) throw new ApiError('NOT_FOUND')
  return site
}

/**
 * Resolves to the site with the given ID if the API key can access it. Throws `FORBIDDEN` otherwise, even if
 * the site does not exist.
 */
export async function authoriseOwn(
  key: ApiKey,
  siteId: string,
  control: Pick<ControlStore, 'findSite'>,
): Promise<Site> {
  try {
    return await authorise(key, siteId, control)
  } catch (error) {
    throw error instanceof ApiError && error.code === 'NOT_FOUND' ? new ApiError('FORBIDDEN') : error
  }
}

/**
 * Resolves to `found` if the API key can access its site. Throws `NOT_FOUND` otherwise, so that an API key
 * does not reveal which IDs other accounts use.
 */
export async function authoriseFound<Found extends { siteId: string }>(
  key: ApiKey,
  found: Found | undefined,
  control: Pick<ControlStore, 'findSite'>,
): Promise<Found> {
  const site = found && (await control.findSite(found.siteId))
  if (!site || !reaches(key, { accountId: site.accountId, siteId: site.id })) throw new ApiError('NOT_FOUND')
  return found
}
