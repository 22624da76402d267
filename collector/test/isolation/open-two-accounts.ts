import { createHash } from 'node:crypto'
import { createApiKey, type Site } from '@zenovay/collector'
import type { KeyScope } from '../../src/control/keys/api-key.js'
import { addGoal } from '../support/add-goal.js'
import { makeEvent } from '../support/make-event.js'
import { startTestCollector, type TestCollector } from '../support/start-test-collector.js'

/** A site whose every text contains its marker. */
export interface MarkedSite {
  site: Site
  /** Lower-case letters that occur nowhere else. */
  marker: string
  visitorId: string
  eventName: string
  /** Fingerprint of its only error group. */
  fingerprint: string
  /** Its URL contains the marker. */
  webhookId: string
  /** Its name is the marker. */
  goalId: string
  alertId: string
}

export interface TwoAccounts {
  collector: TestCollector
  /** Two sites of one account, and one of another. */
  mine: MarkedSite
  alsoMine: MarkedSite
  theirs: MarkedSite
  /** Creates a key of an account; `siteId` null for all of its sites. */
  addKey(accountId: string, siteId: string | null, scope: KeyScope): Promise<{ secret: string; id: string }>
  /** Advances the clocks by more than a minute, so that no limit of an account applies. */
  passMinute(): void
  readErrorStatus(of: MarkedSite, key: string): Promise<string>
}

interface ErrorGroups {
  data: { error_groups: { fingerprint: string; status: string }[] }
}

export async function openTwoAccounts(): Promise<TwoAccounts> {
  let now = Date.UTC(2026, 5, 15, 12)
  const collector = await startTestCollector({ WEBHOOK_ALLOW_LOOPBACK: '127.0.0.1' }, { now: () => now })
  const { control } = collector.collector
  const [one, other] = [
    await control.addAccount({ name: 'One', plan: 'enterprise' }),
    await control.addAccount({ name: 'Other', plan: 'enterprise' }),
  ]

  const addKey: TwoAccounts['addKey'] = async (accountId, siteId, scope) => {
    const { secret, record } = createApiKey({ name: `${scope} key`, accountId, siteId, scope }, now)
    await control.addApiKey(record)
    return { secret, id: record.id }
  }
  const addWebhook = async (site: Site, marker: string): Promise<string> => {
    const { secret } = await addKey(site.accountId, site.id, 'admin')
    // An event that does not occur here.
    const webhook = { siteId: site.id, url: `https://127.0.0.1:1024/${marker}`, events: ['alert'] }
    const answer = await fetch(`${collector.url}/api/webhooks`, {
      method: 'POST',
      headers: { 'x-api-key': secret, 'content-type': 'application/json' },
      body: JSON.stringify(webhook),
    })
    return ((await answer.json()) as { webhook: { id: string } }).webhook.id
  }
  const addMarkedSite = async (accountId: string, name: string): Promise<MarkedSite> => {
    // A hash, because the name itself may occur in an answer by chance.
    const marker = `marker${createHash('sha256').update(name).digest('hex').replaceAll(/\d/g, 'x').slice(0, 12)}`
    const site = await control.addSite({
      accountId,
      domain: `${marker}.example`,
      name: marker,
      allowedDomains: [`other-${marker}.example`],
    })
    const visitorId = `visitor-${marker}`
    await postMarkedVisit(collector, site, { marker, visitorId })
    const { secret } = await addKey(accountId, site.id, 'read')
    const groups = (await (
      await collector.get(`/api/external/v1/errors/${site.id}/groups`, { 'x-api-key': secret })
    ).json()) as ErrorGroups
    const alertId = await addAlert(collector, {
      key: (await addKey(accountId, site.id, 'admin')).secret,
      siteId: site.id,
      name: marker,
    })
    const goalId = await addGoal(collector, site, { name: marker, kind: 'path', path: `/${marker}` })
    return {
      site,
      marker,
      visitorId,
      eventName: `event ${marker}`,
      fingerprint: groups.data.error_groups[0]!.fingerprint,
      webhookId: await addWebhook(site, marker),
      goalId,
      alertId,
    }
  }
  return {
    collector,
    mine: await addMarkedSite(one.id, 'mine'),
    alsoMine: await addMarkedSite(one.id, 'also mine'),
    theirs: await addMarkedSite(other.id, 'theirs'),
    addKey,
    passMinute() {
      now += 61_000
      collector.passMinute()
    },
    async readErrorStatus({ site, fingerprint }, key) {
      const answer = (await (
        await collector.get(`/api/external/v1/errors/${site.id}/groups`, { 'x-api-key': key })
      ).json()) as ErrorGroups
      return answer.data.error_groups.find((group) => group.fingerprint === fingerprint)!.status
    },
  }
}

async function addAlert(
  collector: TestCollector,
  { key, siteId, name }: { key: string; siteId: string; name: string },
): Promise<string> {
  const answer = await fetch(`${collector.url}/api/alerts`, {
    method: 'POST',
    headers: { 'x-api-key': key, 'content-type': 'application/json' },
    body: JSON.stringify({ site_id: siteId, name, metric: 'pageviews', threshold: 1_000, window_minutes: 5 }),
  })
  return ((await answer.json()) as { data: { id: string } }).data.id
}

async function postMarkedVisit(
  collector: TestCollector,
  site: Site,
  { marker, visitorId }: { marker: string; visitorId: string },
): Promise<void> {
  const texts = {
    title: marker,
    referrer: `https://${marker}.example.net/`,
    browser: marker,
    os: marker,
    device_type: marker,
    language: marker,
    user_id: marker,
    timezone: marker,
  }
  const url = `https://${site.domain}/${marker}?q=${marker}&utm_source=${marker}&utm_medium=${marker}&utm_campaign=${marker}&utm_term=${marker}&utm_content=${marker}`
  const event = () => makeEvent({ session_id: `session-${marker}`, visitor_id: visitorId, url, ...texts })
  const answer = await collector.post(
    [
      event(),
      { ...event(), event_type: 'custom', event_name: `event ${marker}`, properties: { [marker]: marker } },
      { ...event(), event_type: 'revenue', properties: { amount: 10, currency: marker } },
      { ...event(), event_type: 'error', properties: { type: marker, message: `failed ${marker}` } },
      { ...event(), event_type: 'performance', properties: { navigation_type: marker, lcp: 1 } },
    ],
    { code: site.trackingCode },
  )
  if (answer.status !== 200) throw new Error(await answer.text())
}
