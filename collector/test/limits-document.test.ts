import { readFileSync } from 'node:fs'
import {
  BURST_LIMIT,
  MAX_BATCH_EVENTS,
  MAX_BODY_BYTES,
  MAX_KEYED_BATCH_BYTES,
  MAX_KEYED_BATCH_EVENTS,
  SUSTAINED_LIMIT,
} from '@zenovay/tracker/contract'
import { expect, it } from 'vitest'
import { MAX_ALERTS_OF_SITE } from '../src/alerts/alert.js'
import { ACCOUNTS_AT_ONCE } from '../src/alerts/evaluate.js'
import { MAX_DESTINATIONS } from '../src/alerts/fields.js'
import * as notifications from '../src/alerts/notify/deliver.js'
import * as mail from '../src/alerts/recipients/limits.js'
import * as account from '../src/control/account-bounds.js'
import { PLANS } from '../src/control/accounts.js'
import { MAX_GLOB_LENGTH, MAX_STARS } from '../src/control/goals/fields.js'
import { MAX_GOALS_OF_SITE } from '../src/control/goals/goal.js'
import { MAX_ALLOWED_DOMAINS } from '../src/control/sites.js'
import { BATCH_PLACES, REPORT_PLACES } from '../src/create-app.js'
import * as rates from '../src/http/rate-limit.js'
import { QUEUE } from '../src/ingest/commit/group-commit.js'
import { MAX_PROPERTY_FILTERS } from '../src/reports/filters.js'
import { MAX_BUFFERED_BYTES } from '../src/reports/realtime/start-stream.js'
import { PAGE_READS, MAX_STREAMS, MAX_STREAMS_PER_KEY } from '../src/reports/realtime/stream-hub.js'
import { BODY_BUDGET } from '../src/routes/batch-events.js'
import { MAX_PENDING_CHARACTERS } from '../src/routes/events.js'
import { LIMITS, LIMITS_OF_ACCOUNT, MAX_CONCURRENT_PER_ENDPOINT } from '../src/webhooks/endpoints.js'
import { MAX_CONCURRENT_PER_HOST } from '../src/webhooks/host-limits.js'
import { TEST_RULES } from '../src/webhooks/management.js'
import { MAX_BACKLOG, MAX_WEBHOOKS } from '../src/webhooks/webhook.js'

const [management, changes, scripts, pages, health, liveness, tests] = [
  rates.MANAGEMENT_RULES,
  rates.CHANGE_RULES,
  rates.SCRIPT_RULES,
  rates.PAGE_RULES,
  rates.HEALTH_RULES,
  rates.LIVENESS_RULES,
  TEST_RULES,
].map(([rule]) => rule!.limit)

const NUMBERS = {
  'events in 10 seconds': BURST_LIMIT,
  'events in an hour': SUSTAINED_LIMIT,
  'heartbeats in 10 seconds': liveness,
  'live counts in 10 seconds': liveness,
  'script files in 10 seconds': scripts,
  'dashboard files and API documents in 10 seconds': pages,
  'health checks in 10 seconds': health,
  'pages of links in mails in 10 seconds': pages,
  'events of one request': MAX_BATCH_EVENTS,
  'body of one request': MAX_BODY_BYTES,

  'requests to the External API a minute, plan free': PLANS.free.perMinute,
  'requests to the External API a minute, plan pro': PLANS.pro.perMinute,
  'requests to the External API a minute, plan scale': PLANS.scale.perMinute,
  'requests to the External API a minute, plan enterprise': PLANS.enterprise.perMinute,
  'requests to the management API a minute': management,
  'changes with the management API a minute': changes,
  sites: account.MAX_SITES_OF_ACCOUNT,
  'API keys': account.MAX_KEYS_OF_ACCOUNT,
  goals: account.MAX_GOALS_OF_ACCOUNT,
  alerts: account.MAX_ALERTS_OF_ACCOUNT,
  webhooks: account.MAX_WEBHOOKS_OF_ACCOUNT,
  'email addresses of alerts': mail.MAX_ADDRESSES_OF_ACCOUNT,
  'confirmation mails an hour': mail.MAX_CONFIRMATIONS_PER_HOUR,
  'alert mails an hour': mail.MAX_ALERT_MAILS_PER_HOUR,
  'replayed deliveries an hour': account.MAX_REPLAYED_PER_HOUR,
  'test deliveries of webhooks a minute': tests,
  'open streams': account.MAX_STREAMS_OF_ACCOUNT,
  'open streams of one key': MAX_STREAMS_PER_KEY,
  'pages of streams read at once': PAGE_READS.perAccount,
  'reports at once': REPORT_PLACES.perAccount,
  'batches at once': BATCH_PLACES.perAccount,
  'bodies of batches in memory': BODY_BUDGET.maxBytesPerAccount,
  'waiting events, while several accounts send': QUEUE.maxItems * QUEUE.maxShare,
  'events and deliveries of one insert, while several send': QUEUE.maxCostPerAccount,
  'webhook attempts at once': LIMITS_OF_ACCOUNT.total,
  'webhook attempts at once to slow endpoints': LIMITS_OF_ACCOUNT.slow,
  'notifications at once': notifications.MAX_CONCURRENT_OF_ACCOUNT,

  'goals of a site': MAX_GOALS_OF_SITE,
  'characters of a glob': MAX_GLOB_LENGTH,
  'wildcards of a glob': MAX_STARS,
  'alerts of a site': MAX_ALERTS_OF_SITE,
  'destinations of an alert': MAX_DESTINATIONS,
  'webhooks of a site': MAX_WEBHOOKS,
  'allowed domains of a site': MAX_ALLOWED_DOMAINS,
  'attempts at once to one endpoint': MAX_CONCURRENT_PER_ENDPOINT,
  'attempts at once to one host': MAX_CONCURRENT_PER_HOST,
  'waiting deliveries of a webhook': MAX_BACKLOG,
  'confirmation mails to one mailbox a day': mail.MAX_CONFIRMATIONS_OF_MAILBOX_PER_DAY,
  'property filters of a report': MAX_PROPERTY_FILTERS,
  'events of a batch': MAX_KEYED_BATCH_EVENTS,
  'body of a batch': MAX_KEYED_BATCH_BYTES,

  'waiting events': QUEUE.maxItems,
  'memory of waiting events': QUEUE.maxBytes,
  'bodies of browsers in memory': MAX_PENDING_CHARACTERS,
  'bodies of batches in memory, all accounts': BODY_BUDGET.maxBytes,
  'open streams, all accounts': MAX_STREAMS,
  'buffer of one stream': MAX_BUFFERED_BYTES,
  'pages of streams read at once, all accounts': PAGE_READS.concurrent,
  'reports at once, all accounts': REPORT_PLACES.concurrent,
  'batches at once, all accounts': BATCH_PLACES.concurrent,
  'webhook attempts at once, all accounts': LIMITS.total,
  'webhook attempts at once to slow endpoints, all': LIMITS.slow,
  'notifications at once, all accounts': notifications.MAX_CONCURRENT,
  'accounts whose alerts are evaluated at once': ACCOUNTS_AT_ONCE,
}

const UNITS: Record<string, number> = { KiB: 1024, MiB: 1024 * 1024 }

function parseNumber(text: string): number {
  const [number = '', unit] = text.split(' ')
  return Number(number.replaceAll(',', '')) * (unit === undefined ? 1 : UNITS[unit]!)
}

it('documents every limit with its number, its answer and its reason', () => {
  const rows = readFileSync('docs/limits.md', 'utf8')
    .split('\n')
    .filter((line) => /^\| [^-]/.test(line) && !line.startsWith('| limit '))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    )
  expect(Object.fromEntries(rows.map(([limit, number]) => [limit, parseNumber(number!)]))).toEqual(NUMBERS)
  for (const row of rows) expect(row.filter((cell) => cell !== '')).toHaveLength(4)
})
