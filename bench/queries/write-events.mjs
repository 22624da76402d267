// @ts-check
// Synthetic visits, generated inside the engine and always the same: visit n is a function of n.
// 1 to 10 events a visit, 4 on average, 40 % of visits with a single one; 3 visits per visitor over the
// whole time, spread evenly;
// 2,000 pages and 40 sources, the k-th requested 1/k as often as the first. Some pageviews are followed by captured
// engagement, as often as it takes to reach its share of the events.

const EVENTS_PER_VISIT = 4
const PAGEVIEW_SHARE = 0.85
const VISITS_PER_INSERT = 100_000
const SETTINGS = {
  max_threads: '1',
  max_insert_threads: '1',
  max_block_size: '20000',
  min_insert_block_size_rows: '200000',
  min_insert_block_size_bytes: '100000000',
}

/** Rank 1 to `most`, the k-th with a probability of about 1/k. */
const zipf = (hash, most) => `toUInt32(exp((${hash} % 1000003) / 1000003 * log(${most})))`
const pick = (list, hash, most = list.length) =>
  `[${list.map((item) => `'${item}'`).join(', ')}][least(${list.length}, ${zipf(hash, most + 1)})]`

const INSERT = `
  INSERT INTO events (site_id, received_at, occurred_at, event_id, event_type, event_name, visitor_id, session_id, origin, path, referrer, title,
    device_type, browser, os, language, screen, timezone, properties, country, channel, source, utm_source, utm_medium, utm_campaign, writer)
  WITH
    cityHash64(number, 1) AS h, cityHash64(number, 2) AS h2, cityHash64(number, event) AS eh,
    toUInt64({from: UInt64} + number * {spanMs: UInt64} / {visits: UInt64}) AS begins,
    begins + event * (5000 + h % 60000) + is_captured * 4000 AS at,
    lower(hex(sipHash128(number, event))) AS id,
    event = 0 OR eh % 100 < 80 AS is_pageview,
    ${zipf('h2', 40)} AS from_source,
    ${zipf('eh', 2000)} AS page
  SELECT
    {siteId: String}, fromUnixTimestamp64Milli(at), fromUnixTimestamp64Milli(at), if(is_captured, concat(id, 'e'), id),
    multiIf(is_captured, 'engagement', is_pageview, 'pageview', eh % 100 < 95, 'custom', eh % 100 < 98, 'engagement', eh % 100 < 99, 'goal', 'revenue') AS type,
    if(type IN ('custom', 'goal'), concat('event-', toString(eh % 20)), ''),
    lower(hex(sipHash128('visitor', h % toUInt64({visits: UInt64} / 3)))), lower(hex(sipHash128('session', number))),
    'https://shop.example', if(page = 1, '/', concat('/products/page-', toString(page))),
    if(event = 0 AND from_source > 1, concat('https://source-', toString(from_source), '.example/'), ''), concat('Page ', toString(page)),
    ${pick(['desktop', 'mobile', 'tablet'], 'h')}, ${pick(['Chrome', 'Safari', 'Firefox', 'Edge', 'Samsung Internet', 'Opera'], 'h')},
    ${pick(['Windows', 'iOS', 'Android', 'macOS', 'Linux'], 'intDiv(h, 7)')}, 'en-GB', '1920x1080', 'Europe/Zurich',
    multiIf(is_captured, concat('{"engaged_ms":', toString(eh % 4000), ',"scroll":', toString(eh % 101), ',"view":"', id, '"}'),
      type = 'revenue', concat('{"amount":', toString(eh % 200), ',"currency":"USD"}'), '{}'),
    ${pick(['DE', 'CH', 'US', 'FR', 'GB', 'AT', 'IT', 'ES', 'NL', 'PL', 'SE', 'JP', 'BR', 'IN', 'CA'], 'intDiv(h, 11)')},
    multiIf(from_source = 1, 'direct', from_source < 10, 'organic search', 'referral'), if(from_source = 1, '', concat('Source ', toString(from_source))),
    if(h2 % 10 = 0, 'newsletter', ''), if(h2 % 10 = 0, 'email', ''), if(h2 % 10 = 0, concat('campaign-', toString(h2 % 50)), ''), 1
  FROM numbers({first: UInt64}, {count: UInt64})
  ARRAY JOIN range(if(h % 10 < 4, 1, 2 + intDiv(h, 10) % 9)) AS event
  ARRAY JOIN if((event = 0 OR cityHash64(number, event) % 100 < 80) AND cityHash64(number, event, 3) % 1000 < {perMille: UInt32}, [false, true], [false]) AS is_captured`

/**
 * Writes about `events` events of one site, `captured` of them captured engagement, spread over the `spanMs` before
 * `until`, oldest first.
 */
export async function writeEvents(client, { siteId, events, captured, until, spanMs }) {
  const visits = Math.round((events * (1 - captured)) / EVENTS_PER_VISIT)
  const perMille = Math.round((1000 * captured) / (1 - captured) / PAGEVIEW_SHARE)
  for (let first = 0; first < visits; first += VISITS_PER_INSERT)
    await client.command({
      query: INSERT,
      query_params: {
        siteId,
        from: until - spanMs,
        spanMs,
        visits,
        perMille,
        first,
        count: Math.min(VISITS_PER_INSERT, visits - first),
      },
      clickhouse_settings: SETTINGS,
    })
}
