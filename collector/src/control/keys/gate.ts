import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { ApiError } from '../../errors.js'
import type { ControlStore } from '../control-store.js'
import type { Site } from '../sites.js'
import { type ApiKey, isKeyOf, KEY_SCOPES, type KeyScope, parseKeyId, reaches } from './api-key.js'
import { addRequest, describeUsage, findExceeded, minuteOf } from './usage.js'

type Count = ControlStore['countRequest']

/**
 * Counts requests of keys on disk. While the disk is full, reports still work: minutes are counted in memory
 * and months not at all; a month that is used up stays so.
 */
export function createRequestCounter(control: Pick<ControlStore, 'countRequest' | 'readUsage'>): Count {
  // These minutes are used only for keys with requests while the store is away.
  const minutes = new Map<string, ReturnType<typeof minuteOf>>()

  const countInMemory: Count = async (keyId, now) => {
    const stored = await control.readUsage(keyId, now)
    if (!stored) return undefined
    const minute = minutes.get(keyId)
    const before = minute
      ? describeUsage(
          stored.plan,
          { minuteBeganAt: minute.beganAt, minuteCount: minute.count, monthCount: stored.month.used },
          now,
        )
      : stored
    const exceeded = findExceeded(before)
    if (exceeded) return { usage: before, exceeded }
    const usage = addRequest(before)
    minutes.set(keyId, minuteOf(usage))
    return { usage, exceeded: undefined }
  }

  return async (keyId, now) => {
    try {
      const counted = await control.countRequest(keyId, now)
      minutes.delete(keyId)
      return counted
    } catch (error) {
      if (error instanceof ApiError && error.code === 'STORE_UNAVAILABLE') return countInMemory(keyId, now)
      throw error
    }
  }
}

/** Counts every request of a key once, before anything else is done for it. */
export interface KeyGate {
  /**
   * The API key of a request within the limits of its plan. Sets the `X-RateLimit-…` headers, also for
   * errors. Throws `UNAUTHORIZED`, `RATE_LIMIT_EXCEEDED` or `MONTHLY_LIMIT_EXCEEDED`, and `FORBIDDEN` when
   * the key lacks `scope`.
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
      // The key was revoked since it was read.
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
      // The scope is checked after counting: refused requests count against the limits, too.
      assertScope(key, scope)
      return key
    },
  }
}

/**
 * The API key of a request, from `X-API-Key` or `Authorization: Bearer`.
 * Throws `UNAUTHORIZED`, or `FORBIDDEN` when the key lacks `scope`.
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

/** Throws `FORBIDDEN` when the key lacks the scope. */
export function assertScope(key: ApiKey, scope: KeyScope): void {
  if (KEY_SCOPES.indexOf(key.scope) < KEY_SCOPES.indexOf(scope))
    throw new ApiError('FORBIDDEN', {
      message: `This needs an API key with the scope ${scope}. This one has the scope ${key.scope}.`,
    })
}

/** Throws `FORBIDDEN` when the key is limited to one site. */
export function assertAllSites({ siteId }: ApiKey): void {
  if (siteId !== null)
    throw new ApiError('FORBIDDEN', {
      message: `This needs an API key for all sites of its account. This one is for the site ${siteId}.`,
    })
}

/**
 * The site of an ID, if the key reaches it. Throws `FORBIDDEN` for a key of another site, `NOT_FOUND` when
 * its account has no such site.
 */
export async function authorise(
  key: ApiKey,
  siteId: string,
  control: Pick<ControlStore, 'findSite'>,
): Promise<Site> {
  // This precedes the read of the store: a key of one site must not reveal which other IDs exist.
  if (!reaches(key, { accountId: key.accountId, siteId }))
    throw new ApiError('FORBIDDEN', { message: `This API key is for the site ${key.siteId} only.` })
  const site = await control.findSite(siteId)
  // The answer is the same for both: a key must not reveal which IDs other accounts have.
  if (!site || !reaches(key, { accountId: site.accountId, siteId })) throw new ApiError('NOT_FOUND')
  return site
}

/** Works as {@link authorise}, and throws `FORBIDDEN` also when there is no such site. */
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
 * Something of a site that was found by its own ID, if the key reaches that site. Throws `NOT_FOUND`
 * otherwise, so that the IDs of other accounts are not revealed.
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
