import { describe, expect, it } from 'vitest'
import type { Metric } from '../../src/alerts/alert.js'
import { ALERT_CHANGES, NEW_ALERT, refineAlert, toAlertChanges, toNewAlert } from '../../src/alerts/fields.js'
import { parseFields } from '../../src/http/fields.js'

const ALERT = { site_id: 'ws_1', name: ' Rush ', metric: 'pageviews', threshold: 1000, window_minutes: 60 }
const FIELDS = {
  name: 'Rush',
  metric: 'pageviews',
  comparison: '>',
  threshold: 1000,
  hysteresis: 0,
  windowMinutes: 60,
  minimumVolume: 0,
  coolDownMinutes: 0,
  currency: 'USD',
  isActive: true,
  destinations: [{ type: 'webhook' }],
}

const findUrlIssue = () => undefined
const read = (body: unknown, hasMail = true) => {
  const { fields, issues } = parseFields(NEW_ALERT, body, {
    refine: ({ metric, site_id: _, ...alert }, addIssue) =>
      refineAlert(alert, addIssue, { metric, isNew: true, hasMail, findUrlIssue }),
  })
  return {
    fields: issues.length > 0 ? {} : toNewAlert(fields as Parameters<typeof toNewAlert>[0]),
    issues,
  }
}
const faultsOf = (body: unknown) => read(body).issues.map(({ field, reason }) => `${field} ${reason}`)

describe('a new alert', () => {
  it('requires only the site, name, metric, threshold and window of a new alert', () => {
    expect(read(ALERT)).toEqual({ fields: FIELDS, issues: [] })
    expect(faultsOf({})).toEqual([
      'site_id is missing: it must be the ID of one site',
      expect.stringMatching(/^metric is missing: it must be one of pageviews, /),
      'name is missing: it must be a string of 1 to 100 characters on one line',
      'threshold is missing',
      'window_minutes is missing',
    ])
  })

  it('accepts every optional field of a new alert', () => {
    const destinations = [
      { type: 'webhook' },
      { type: 'slack', url: 'https://hooks.slack.example/services/T/B/x' },
      { type: 'email', address: 'ops+zenovay@mail.example.com' },
    ]
    const chosen = {
      comparison: '<=',
      hysteresis: 0.5,
      minimum_volume: 20,
      cool_down_minutes: 10_080,
      active: false,
      destinations,
    }
    expect(read({ ...ALERT, ...chosen })).toEqual({
      fields: {
        ...FIELDS,
        comparison: '<=',
        hysteresis: 0.5,
        minimumVolume: 20,
        coolDownMinutes: 10_080,
        isActive: false,
        destinations,
      },
      issues: [],
    })
  })

  it.each([
    [
      { metric: 'live_visitors', window_minutes: undefined, threshold: 50 },
      { windowMinutes: 5, threshold: 50 },
    ],
    [
      { metric: 'traffic_spike', window_minutes: undefined, threshold: undefined },
      { comparison: '>', threshold: 2 },
    ],
    [
      { metric: 'uptime', window_minutes: undefined, threshold: undefined },
      { comparison: '<', threshold: 1 },
    ],
    [{ metric: 'revenue', currency: 'CHF' }, { currency: 'CHF' }],
    [{ metric: 'bounce_rate', threshold: 100 }, { threshold: 100 }],
  ])('parses the fields that the metric of an alert requires: %j', (changes, fields) => {
    const body = JSON.parse(JSON.stringify({ ...ALERT, ...changes })) as unknown
    expect(read(body)).toMatchObject({ fields, issues: [] })
  })

  it.each([
    ['{}', ['destinations must be an array of 1 to 5 destinations']],
    ['[]', ['destinations must be an array of 1 to 5 destinations']],
    ['[{"type":"webhook"},{"type":"webhook"}]', ['destinations must not contain a destination twice']],
    [
      '[{"type":"sms"},null,{"type":"webhook","url":"x"}]',
      [
        'destinations 1: type must be one of webhook, slack, email',
        'destinations 2: must be an object',
        'destinations 3: must have only the field type',
      ],
    ],
    [
      '[{"type":"slack"},{"type":"slack","url":"https://hooks.slack.com/…"}]',
      [1, 2].map(
        (place) =>
          `destinations ${place}: url must be the whole URL of an incoming webhook, at most 2048 characters`,
      ),
    ],
    ...[
      'ops@example.com, victim@example.com',
      'ops@example.com\r\nBcc: victim@example.com',
      'Ops <ops@example.com>',
      '"a b"@example.com',
      'ops',
      'ops@localhost',
      'ops@example.com>',
      `${'a'.repeat(65)}@example.com`,
    ].map((address): [string, string[]] => [
      JSON.stringify([{ type: 'email', address }]),
      ['destinations 1: address must be one e-mail address'],
    ]),
  ])('rejects %s as the destinations of an alert', (destinations, faults) => {
    expect(faultsOf({ ...ALERT, destinations: JSON.parse(destinations) as unknown })).toEqual(faults)
  })

  it('rejects an email destination if no mail server is configured', () => {
    const { issues } = read(
      { ...ALERT, destinations: [{ type: 'email', address: 'ops@example.com' }] },
      false,
    )
    expect(issues).toEqual([
      {
        field: 'destinations',
        reason: '1: this collector has no mail server: SMTP_URL, MAIL_FROM and PUBLIC_URL are not set',
      },
    ])
  })

  it('lists every issue of an invalid alert', () => {
    const wrong = {
      ...ALERT,
      name: 'x\ny',
      comparison: '=',
      threshold: '5',
      hysteresis: -1,
      window_minutes: 1441,
      minimum_volume: 1.5,
      cool_down_minutes: 1e9,
      active: 1,
      currency: 'EUR',
      colour: 'red',
    }
    expect(faultsOf(wrong).map((fault) => fault.split(' ')[0])).toEqual([
      'name',
      'threshold',
      'window_minutes',
      'comparison',
      'hysteresis',
      'minimum_volume',
      'cool_down_minutes',
      'active',
      'currency',
      'colour',
    ])
    for (const body of [null, [], 'x', 5]) expect(faultsOf(body)).toEqual(['body must be a JSON object'])
  })

  it.each(['metric', '__proto__', 'constructor', 'toString'])('rejects the alert metric %s', (metric) => {
    expect(faultsOf({ ...ALERT, metric })).toEqual([
      expect.stringMatching(/^metric must be one of pageviews, /),
    ])
  })
})

describe('an update', () => {
  const change = (body: unknown, metric: Metric = 'pageviews') => {
    const { fields, issues } = parseFields(ALERT_CHANGES, body, {
      refine: (changes, addIssue) =>
        refineAlert(changes, addIssue, { metric, isNew: false, hasMail: true, findUrlIssue }),
    })
    return { fields: toAlertChanges(fields), issues }
  }

  it('parses only the given fields of an alert update, without defaults', () => {
    expect(change({ threshold: 5 })).toEqual({ fields: { threshold: 5 }, issues: [] })
    expect(change({})).toEqual({ fields: {}, issues: [] })
  })

  it('rejects an alert update with another site, another metric or an invalid value', () => {
    expect(change({ site_id: 'ws_2', metric: 'errors' }).issues.map(({ field }) => field)).toEqual([
      'site_id',
      'metric',
    ])
    expect(change({ threshold: 5 }, 'uptime').issues.map(({ field }) => field)).toEqual(['threshold'])
    expect(change({ threshold: 101 }, 'bounce_rate').issues).toEqual([
      { field: 'threshold', reason: 'must be a number from 0 to 100' },
    ])
  })
})
