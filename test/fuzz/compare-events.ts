import { validateEvent } from '../../src/contract/validate-event.js'
import type { IngestEvent } from '../../src/contract/wire.js'
import type { Arrival } from '../support/recording-collector.js'
import type { ExpectedEvent } from './model.js'

/** Returns one line for each difference between the events that arrived and those that the model expects. */
export function compareEvents(siteUrl: string, arrivals: Arrival[], expected: ExpectedEvent[]): string[] {
  const stored = storedEvents(arrivals).map((event) => ({ ...event, url: event.url.replace(siteUrl, '') }))
  return [
    ...findInvalid(arrivals),
    ...findChanged(arrivals),
    ...compareCustomEvents(stored, expected),
    ...comparePageviews(siteUrl, stored, expected),
    ...compareIds(stored, expected, 'visitor'),
    ...compareIds(stored, expected, 'session'),
  ]
}

/** The events that a collector has stored: a lost answer changes nothing, and repeats are dropped by their ID. */
export function storedEvents(arrivals: Arrival[]): IngestEvent[] {
  const stored = new Map<string, IngestEvent>()
  for (const { event, request } of arrivals)
    if ((request.outcome === 200 || request.outcome === 'reset') && !stored.has(event.event_id!))
      stored.set(event.event_id!, event)
  return [...stored.values()]
}

function findInvalid(arrivals: Arrival[]): string[] {
  return arrivals.flatMap(({ event }) => {
    const result = validateEvent(event)
    return result.ok ? [] : [`invalid: ${JSON.stringify(result.faults)} in ${JSON.stringify(event)}`]
  })
}

/** Events that are not the same when they arrive again. */
function findChanged(arrivals: Arrival[]): string[] {
  const texts = new Map<string, string>()
  return arrivals.flatMap(({ event: { retry: _retry, age_ms: _age, ...event } }) => {
    const text = JSON.stringify(event)
    const first = texts.get(event.event_id!) ?? text
    texts.set(event.event_id!, first)
    return first === text ? [] : [`changed: ${first} to ${text}`]
  })
}

function compareCustomEvents(stored: IngestEvent[], expected: ExpectedEvent[]): string[] {
  const plans = expected.filter(({ name }) => name !== undefined)
  const unknown = stored
    .filter(({ event_name }) => event_name && !plans.some(({ name }) => name === event_name))
    .map(({ event_name }) => `unknown: ${event_name}`)
  return [...unknown, ...plans.flatMap((plan) => compareCustomEvent(stored, plan))]
}

function compareCustomEvent(stored: IngestEvent[], { name, address, certain }: ExpectedEvent): string[] {
  const found = stored.filter(({ event_name }) => event_name === name)
  if (found.length > 1) return [`stored ${found.length} times: ${name}`]
  if (found.length === 0) return certain ? [`lost: ${name} of ${address}`] : []
  const { url } = found[0]!
  return url === address ? [] : [`wrong address: ${name} has ${url} instead of ${address}`]
}

function comparePageviews(siteUrl: string, stored: IngestEvent[], expected: ExpectedEvent[]): string[] {
  const views = stored.filter((event) => event.event_name === undefined)
  const plans = expected.filter(({ name }) => name === undefined)
  const addresses = new Set([...views.map(({ url }) => url), ...plans.map(({ address }) => address)])
  return [...addresses].flatMap((address) =>
    comparePage(
      address,
      views.filter(({ url }) => url === address).map(({ referrer = '' }) => referrer.replace(siteUrl, '')),
      plans.filter((plan) => plan.address === address),
    ),
  )
}

/** Compares the pageviews of one address, of which the referrers are given. */
function comparePage(address: string, referrers: string[], plans: ExpectedEvent[]): string[] {
  const least = plans.filter(({ certain }) => certain).length
  const range = least === plans.length ? least : `${least} to ${plans.length}`
  if (referrers.length < least || referrers.length > plans.length)
    return [`pageviews of ${address}: ${referrers.length} instead of ${range}`]
  if (plans.some(({ certain, referrer }) => !certain || referrer === undefined)) return []
  const found = referrers.toSorted().join()
  const planned = plans
    .map(({ referrer }) => referrer!)
    .sort()
    .join()
  return found === planned ? [] : [`referrers of ${address}: ${found} instead of ${planned}`]
}

/** Custom events have the same ID if the model says so, and otherwise different ones. */
function compareIds(stored: IngestEvent[], expected: ExpectedEvent[], kind: 'visitor' | 'session'): string[] {
  const numbers = new Map<string, number>()
  const ids = new Map<number, string>()
  return stored.flatMap((event) => {
    const plan = expected.find(({ name }) => name !== undefined && name === event.event_name)
    if (!plan) return []
    const id = event[`${kind}_id`]!
    const number = plan[kind]
    if (!numbers.has(id)) numbers.set(id, number)
    if (!ids.has(number)) ids.set(number, id)
    if (numbers.get(id) !== number)
      return [`${plan.name}: has the ID of ${kind} ${numbers.get(id)} instead of ${kind} ${number}`]
    return ids.get(number) === id
      ? []
      : [`${plan.name}: has another ID than earlier events of ${kind} ${number}`]
  })
}
