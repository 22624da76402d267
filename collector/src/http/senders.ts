import type { IncomingMessage } from 'node:http'
import type { FastifyRequest } from 'fastify'
import { parseAddress, type TrustedProxies } from './client-address.js'
import type { ProxyKeys } from './proxy-keys.js'

/** Whoever sent a request to a public route. */
export interface Sender {
  /** IP address of the client. */
  ip: string
  /** Country that a CDN or proxy names, or an empty string. It is not checked. */
  cdnCountry: string
}

/** Finds the sender of a request: a promise only if the site of the request decides. */
export type SenderOf = (request: FastifyRequest) => Sender | Promise<Sender>

/**
 * Outcomes of a request with headers of a proxy:
 *
 * - `accepted`: the request counts for the address they name.
 * - `no_key`, `wrong_key`: the key is missing or unknown.
 * - `other_site`: the key is of one site, and the request of none or of another.
 * - `no_address`: the key is right, but the address is missing or not valid.
 *
 * Except for `accepted`, the request counts for the address of its connection, as without these headers.
 */
export const PROXY_OUTCOMES = ['accepted', 'no_key', 'wrong_key', 'other_site', 'no_address'] as const
export type ProxyOutcome = (typeof PROXY_OUTCOMES)[number]

interface SenderServices {
  keys: ProxyKeys
  addressOf: TrustedProxies['addressOf']
  /** Returns the country in the header of a CDN, or an empty string if no trusted proxy sent this header. */
  readCdnCountry: (request: IncomingMessage) => string
  findSite: (code: string) => Promise<{ id: string } | undefined>
  count: (outcome: ProxyOutcome) => void
}

/**
 * Creates the function that finds the sender of a request. A proxy that serves the tracker from a site's own origin names
 * the visitor's address and country in `X-Zenovay-Client-Address` and `X-Zenovay-Country`. These headers are used only with a
 * right `X-Zenovay-Proxy-Key`, because any client can send them.
 */
export function createSenders({
  keys,
  addressOf,
  readCdnCountry,
  findSite,
  count,
}: SenderServices): SenderOf {
  return ({ raw, params }) => {
    const connection = { ip: addressOf(raw), cdnCountry: readCdnCountry(raw) }
    const {
      'x-zenovay-proxy-key': key,
      'x-zenovay-client-address': address,
      'x-zenovay-country': country = '',
    } = raw.headers
    if (key === undefined && address === undefined && country === '') return connection

    const end = (outcome: ProxyOutcome, sender = connection): Sender => {
      count(outcome)
      return sender
    }
    if (typeof key !== 'string') return end('no_key')
    const found = keys.find(key)
    if (found.length === 0) return end('wrong_key')
    // The header of a CDN in front of the collector has the country of the proxy.
    const ip = parseAddress(String(address ?? ''))
    const accept = () =>
      ip === undefined ? end('no_address') : end('accepted', { ip, cdnCountry: String(country) })
    if (found.some(({ siteId }) => siteId === undefined)) return accept()
    const { code } = params as { code?: string }
    if (code === undefined) return end('other_site')
    return findSite(code).then((site) =>
      found.some(({ siteId }) => siteId === site?.id) ? accept() : end('other_site'),
    )
  }
}
