CREATE TABLE IF NOT EXISTS events (
    site_id LowCardinality(String),
    received_at DateTime64(3, 'UTC'),
    occurred_at DateTime64(3, 'UTC'),
    event_id String,
    event_type LowCardinality(String),
    event_name String,
    visitor_id String,
    session_id String,
    user_id String,
    origin LowCardinality(String),
    path String,
    query String,
    referrer String,
    title String,
    device_type LowCardinality(String),
    browser LowCardinality(String),
    os LowCardinality(String),
    language LowCardinality(String),
    screen LowCardinality(String),
    timezone LowCardinality(String),
    properties String,
    cookieless Bool,
    gpc Bool,
    INDEX by_event_id event_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX by_received_at received_at TYPE minmax GRANULARITY 1
  ) ENGINE = MergeTree PARTITION BY toYYYYMM(occurred_at) ORDER BY (site_id, occurred_at) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 1000;
CREATE TABLE IF NOT EXISTS heartbeats (
    site_id LowCardinality(String),
    received_at DateTime64(3, 'UTC'),
    visitor_id String
  ) ENGINE = MergeTree ORDER BY (site_id, received_at) TTL toDateTime(received_at) + INTERVAL 1 DAY SETTINGS non_replicated_deduplication_window = 1000;
ALTER TABLE events
    ADD COLUMN IF NOT EXISTS country LowCardinality(String),
    ADD COLUMN IF NOT EXISTS channel LowCardinality(String),
    ADD COLUMN IF NOT EXISTS source LowCardinality(String),
    ADD COLUMN IF NOT EXISTS utm_source LowCardinality(String),
    ADD COLUMN IF NOT EXISTS utm_medium LowCardinality(String),
    ADD COLUMN IF NOT EXISTS utm_campaign String,
    ADD COLUMN IF NOT EXISTS utm_term String,
    ADD COLUMN IF NOT EXISTS utm_content String;
ALTER TABLE events ADD COLUMN IF NOT EXISTS writer UInt32;
ALTER TABLE events MODIFY SETTING old_parts_lifetime = 1, min_rows_to_fsync_after_merge = 1;
ALTER TABLE heartbeats MODIFY SETTING old_parts_lifetime = 1;
ALTER TABLE events MODIFY SETTING enable_block_number_column = 1;
CREATE TABLE IF NOT EXISTS visits (
    site_id LowCardinality(String),
    day Date,
    build UInt64,
    session_id String,
    started_at DateTime64(3, 'UTC'),
    ended_at DateTime64(3, 'UTC'),
    pageviews UInt64,
    actions UInt64,
    bounced UInt8,
    goals UInt64,
    revenues UInt64,
    entry_origin LowCardinality(String),
    entry_path String,
    exit_origin LowCardinality(String),
    exit_path String,
    steps Array(Tuple(Int64, LowCardinality(String), String)),
    visitor UInt64,
    visitor_id String,
    referrer String,
    country LowCardinality(String),
    device_type LowCardinality(String),
    browser LowCardinality(String),
    os LowCardinality(String),
    source LowCardinality(String),
    channel LowCardinality(String),
    utm_source LowCardinality(String),
    utm_medium LowCardinality(String),
    utm_campaign String,
    utm_term String,
    utm_content String
  ) ENGINE = MergeTree PARTITION BY toYYYYMM(day) ORDER BY (site_id, day, build, started_at) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, old_parts_lifetime = 1, min_rows_to_fsync_after_merge = 1;
CREATE TABLE IF NOT EXISTS page_days (
    site_id LowCardinality(String),
    day Date,
    build UInt64,
    origin LowCardinality(String),
    path String,
    views UInt64,
    visitors AggregateFunction(uniqCombined64(17), UInt64),
    entries UInt64,
    exits UInt64,
    bounces UInt64,
    spent_ms Int64
  ) ENGINE = MergeTree PARTITION BY toYYYYMM(day) ORDER BY (site_id, day, build, views) SETTINGS index_granularity = 64, fsync_after_insert = 1, fsync_part_directory = 1, old_parts_lifetime = 1, min_rows_to_fsync_after_merge = 1;
CREATE TABLE IF NOT EXISTS settled_days (
    site_id LowCardinality(String),
    day Date,
    build UInt64,
    is_settled Bool,
    visits UInt64
  ) ENGINE = ReplacingMergeTree(build) ORDER BY (site_id, day) SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, old_parts_lifetime = 1, min_rows_to_fsync_after_merge = 1;
CREATE TABLE IF NOT EXISTS late_checks (checked_at DateTime64(3, 'UTC')) ENGINE = ReplacingMergeTree(checked_at) ORDER BY tuple() SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, old_parts_lifetime = 1, min_rows_to_fsync_after_merge = 1;
