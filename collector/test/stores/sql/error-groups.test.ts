import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Site } from '../../../src/control/sites.js'
import { openTestControl, type TestControl } from '../../support/open-test-control.js'

let store: TestControl
let site: Site
let other: Site

beforeEach(async () => {
  store = await openTestControl()
  const add = (domain: string) => store.control.addSite({ domain, name: domain, allowedDomains: [] })
  ;[site, other] = [await add('example.com'), await add('other.example')]
})
afterEach(() => store.close())

it('keeps the last status of each error group after a restart', async () => {
  const fingerprint = 'it\'s "; DROP TABLE error_groups; --'
  await store.control.setErrorGroupStatus(site.id, { fingerprint: 'a', status: 'ignored', at: 1 })
  await store.control.setErrorGroupStatus(site.id, { fingerprint: 'a', status: 'resolved', at: 2 })
  await store.control.setErrorGroupStatus(site.id, { fingerprint, status: 'open', at: 3 })
  await store.control.setErrorGroupStatus(other.id, { fingerprint: 'a', status: 'open', at: 4 })
  await store.reopen()
  expect([...(await store.control.errorGroupStatuses(site.id))].sort()).toEqual([
    ['a', { status: 'resolved', changedAt: 2 }],
    [fingerprint, { status: 'open', changedAt: 3 }],
  ])
})

it('deletes the statuses of error groups together with their site', async () => {
  for (const { id } of [site, other])
    await store.control.setErrorGroupStatus(id, { fingerprint: 'a', status: 'ignored', at: 1 })
  await store.control.removeSite(site.id)
  await store.control.setErrorGroupStatus(site.id, { fingerprint: 'b', status: 'ignored', at: 2 })
  expect([
    (await store.control.errorGroupStatuses(site.id)).size,
    (await store.control.errorGroupStatuses(other.id)).size,
  ]).toEqual([0, 1])
})
