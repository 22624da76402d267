import { isIP } from 'node:net'
import { resolve } from 'node:path'
import ipaddr from 'ipaddr.js'
import { isAddress } from './alerts/fields.js'
import type { MailSettings } from './alerts/service.js'
import { isPlanName, PLAN_NAMES, type PlanName } from './control/accounts.js'
import type { PricePlans } from './control/integrations/stripe.js'
import { MASTER_KEY_BYTES } from './control/secrets/master-key.js'
import { StartError } from './errors.js'
import { LOG_LEVELS, type LogLevel } from './observability/log.js'

/** Settings of the collector. docs/configuration.md describes the environment variable for each setting. */
export interface Config {
  /** TCP port of the HTTP server. With 0, the operating system selects a free port. */
  port: number
  /** IP address or host name that the HTTP server listens on. */
  host: string
  /** Absolute path of the data folder. */
  dataDir: string
  /**
   * URL of a ClickHouse server or cluster, including user, password and database. If undefined, the collector
   * uses the embedded engine.
   */
  clickhouseUrl: string | undefined
  /** Path of the SQLite file that contains the control store. */
  controlFile: string
  /** IP addresses and CIDR ranges of proxies whose `X-Forwarded-For` header is trusted. */
  trustedProxies: string[]
  /** Keys of proxies that name the address of the visitor, for all sites or for one. */
  proxyKeys: { key: string; siteId: string | undefined }[]
  /** Lower-case name of the header in which a CDN sends the country. It is only read from trusted proxies. */
  countryHeader: string | undefined
  /** Path of a country database (`.mmdb`). If undefined, the collector uses the bundled database. */
  geoDatabaseFile: string | undefined
  /** Bearer token for `GET /metrics`. If undefined, the route does not exist. */
  metricsToken: string | undefined
  /** 32-byte key that encrypts secrets. If undefined, it is read from a file next to the control store. */
  masterKey: Buffer | undefined
  /** Loopback addresses that webhooks may send requests to, for use in development. */
  webhookLoopback: string[]
  /** Mail server for alerts. If undefined, alerts cannot send email. */
  mail: MailSettings | undefined
  /** Settings of `POST /webhooks/stripe`. If undefined, the route does not exist. */
  stripe: StripeSettings | undefined
  /** Bearer token for `POST /webhooks/uptime`. If undefined, the route does not exist. */
  uptimeToken: string | undefined
  logLevel: LogLevel
}

interface StripeSettings {
  /** Signing secret of the Stripe endpoint, such as `whsec_…`. */
  secret: string
  prices: PricePlans
}

const STRIPE_SECRET = /^whsec_[\x21-\x7e]{16,}$/
const STRIPE_PRICE = /^\w{1,255}$/
/** A key, alone or after the ID of its site. */
const PROXY_KEY = /^(?:(ws_[a-z\d]+):)?([\x21-\x7e]{32,200})$/
const BEARER_TOKEN = /^[\x21-\x7e]{16,}$/

/** Reads the configuration from environment variables. Throws a {@link StartError} that lists every issue. */
export function readConfig(env: Record<string, string | undefined>): Config {
  const issues: string[] = []
  const dataDir = resolve(env['DATA_DIR'] || 'data')
  const config: Config = {
    port: parsePort(env['PORT'], issues),
    host: env['HOST'] || '127.0.0.1',
    dataDir,
    clickhouseUrl: parseClickhouseUrl(env['CLICKHOUSE_URL'], issues),
    controlFile: parseControlFile(env['DATABASE_URL'], dataDir, issues),
    trustedProxies: parseProxies(env['TRUSTED_PROXIES'], issues),
    proxyKeys: parseProxyKeys(env['PROXY_KEYS'], issues),
    countryHeader: parseHeaderName(env['COUNTRY_HEADER'], issues),
    geoDatabaseFile: env['GEO_DB'] ? resolve(env['GEO_DB']) : undefined,
    metricsToken: parseToken('METRICS_TOKEN', env['METRICS_TOKEN'], issues),
    masterKey: parseMasterKey(env['MASTER_KEY'], issues),
    webhookLoopback: parseLoopback(env['WEBHOOK_ALLOW_LOOPBACK'], issues),
    mail: parseMailSettings(env, issues),
    stripe: parseStripeSettings(env['STRIPE_WEBHOOK_SECRET'], env['STRIPE_PRICES'], issues),
    uptimeToken: parseToken('UPTIME_TOKEN', env['UPTIME_TOKEN'], issues),
    logLevel: parseLogLevel(env['LOG_LEVEL'], issues),
  }
  if (issues.length > 0)
    throw new StartError(`Invalid configuration: ${issues.join('; ')}. See docs/configuration.md.`)
  return config
}

function parsePort(value: string | undefined, issues: string[]): number {
  if (!value) return 8787
  const port = Number(value)
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    issues.push(`PORT must be a number from 0 to 65535, not "${value}"`)
  return port
}

function parseClickhouseUrl(value: string | undefined, issues: string[]): string | undefined {
  if (!value) return undefined
  if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol))
    issues.push('CLICKHOUSE_URL must be an http(s) URL, such as http://user:password@host:8123/database')
  return value
}

function parseControlFile(value: string | undefined, dataDir: string, issues: string[]): string {
  if (!value) return resolve(dataDir, 'control.db')
  const [, path] = /^sqlite:(?:\/\/)?(.+)$/.exec(value) ?? []
  if (!path) issues.push('DATABASE_URL must be a SQLite file, such as sqlite:/path/to/control.db')
  return resolve(path ?? '')
}

function parseProxies(value: string | undefined, issues: string[]): string[] {
  const ranges = parseList(value)
  for (const range of ranges)
    if (!ipaddr.isValid(range) && !ipaddr.isValidCIDR(range))
      issues.push(
        `TRUSTED_PROXIES must be comma-separated addresses or CIDR ranges, such as 10.0.0.0/8, not "${range}"`,
      )
  return ranges
}

/** Issues do not reveal the keys. */
function parseProxyKeys(value: string | undefined, issues: string[]): Config['proxyKeys'] {
  return parseList(value).flatMap((entry, index) => {
    const [, siteId, key] = PROXY_KEY.exec(entry) ?? []
    if (key === undefined)
      issues.push(
        `PROXY_KEYS must be comma-separated keys of 32 to 200 printable ASCII characters, each alone or after the ID of its site, such as ws_abc123:key; entry ${index + 1} is neither. Create a key with openssl rand -hex 32`,
      )
    return key === undefined ? [] : { key, siteId }
  })
}

function parseLoopback(value: string | undefined, issues: string[]): string[] {
  const addresses = parseList(value)
  for (const address of addresses)
    if (!isIP(address) || ipaddr.process(address).range() !== 'loopback')
      issues.push(
        `WEBHOOK_ALLOW_LOOPBACK must be comma-separated loopback addresses, such as 127.0.0.1, not "${address}"`,
      )
  return addresses
}

function parseList(value: string | undefined): string[] {
  return (value ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)
}

function parseMasterKey(value: string | undefined, issues: string[]): Buffer | undefined {
  if (!value) return undefined
  const key = Buffer.from(value, /^[0-9a-f]{64}$/i.test(value) ? 'hex' : 'base64')
  if (key.length !== MASTER_KEY_BYTES)
    issues.push(
      `MASTER_KEY must be ${MASTER_KEY_BYTES} bytes in base64 or hexadecimal; create one with openssl rand -base64 ${MASTER_KEY_BYTES}`,
    )
  return key
}

function parseHeaderName(value: string | undefined, issues: string[]): string | undefined {
  if (!value) return undefined
  if (!/^[\w-]+$/.test(value))
    issues.push(`COUNTRY_HEADER must be the name of a header, such as CF-IPCountry, not "${value}"`)
  return value.toLowerCase()
}

/**
 * Parses `SMTP_URL`, `MAIL_FROM`, `PUBLIC_URL` and `MAIL_TRUSTED_RECIPIENTS`. Returns undefined if neither
 * `SMTP_URL` nor `MAIL_FROM` is set. Issues do not reveal the password.
 */
function parseMailSettings(
  env: Record<string, string | undefined>,
  issues: string[],
): MailSettings | undefined {
  const { SMTP_URL: smtpUrl, MAIL_FROM: from } = env
  const trusted = parseTrustedRecipients(env['MAIL_TRUSTED_RECIPIENTS'], issues)
  const publicUrl = parsePublicUrl(env['PUBLIC_URL'], issues)
  if (!smtpUrl && !from) return undefined
  const before = issues.length
  if (
    !smtpUrl ||
    !URL.canParse(smtpUrl) ||
    !/^smtps?:$/.test(new URL(smtpUrl).protocol) ||
    new URL(smtpUrl).hostname === ''
  )
    issues.push('SMTP_URL must be the URL of a mail server, such as smtps://user:password@host:465')
  if (!from || !isAddress(from)) issues.push('MAIL_FROM must be an email address, such as alerts@example.com')
  if (!env['PUBLIC_URL'])
    issues.push(
      'PUBLIC_URL must be set if SMTP_URL is, because mails have links to the collector; it is the URL at which people reach it, such as https://stats.example.com',
    )
  return issues.length > before
    ? undefined
    : { smtpUrl: smtpUrl!, from: from!, publicUrl: publicUrl ?? '', trusted }
}

/** Returns the URL without a slash at its end. */
function parsePublicUrl(value: string | undefined, issues: string[]): string | undefined {
  if (!value) return undefined
  const url = URL.canParse(value) ? new URL(value) : undefined
  const isPlain = url && !url.username && !url.password && !url.search && !url.hash
  if (isPlain && /^https?:$/.test(url.protocol)) return url.href.replace(/\/+$/, '')
  issues.push(
    'PUBLIC_URL must be an http(s) URL without user, query and fragment, such as https://stats.example.com',
  )
  return undefined
}

function parseTrustedRecipients(value: string | undefined, issues: string[]): string[] {
  const trusted = parseList(value).map((entry) => entry.toLowerCase())
  for (const entry of trusted)
    // `*` is a valid character of an address, but means a pattern here, which would match nothing.
    if (entry.includes('*') || !isAddress(entry.includes('@') ? entry : `x@${entry}`))
      issues.push(
        `MAIL_TRUSTED_RECIPIENTS must be comma-separated domains or email addresses, such as example.com,ann@partner.example, not "${entry}"`,
      )
  return trusted
}

/**
 * Parses `STRIPE_WEBHOOK_SECRET` and `STRIPE_PRICES`. Returns undefined if neither is set. Issues do not
 * reveal the secret.
 */
export function parseStripeSettings(
  secret: string | undefined,
  prices: string | undefined,
  issues: string[],
): StripeSettings | undefined {
  if (!secret && !prices) return undefined
  if (!secret || !STRIPE_SECRET.test(secret))
    issues.push(
      'STRIPE_WEBHOOK_SECRET must be the signing secret of a Stripe endpoint, which starts with whsec_',
    )
  const plans = new Map<string, PlanName>()
  for (const entry of parseList(prices)) {
    const [price = '', plan = '', ...rest] = entry.split(':')
    if (STRIPE_PRICE.test(price) && isPlanName(plan) && rest.length === 0 && !plans.has(price))
      plans.set(price, plan)
    else
      issues.push(
        `STRIPE_PRICES must name each price once with one of ${PLAN_NAMES.join(', ')}, such as price_123:pro,price_456:scale, not "${entry}"`,
      )
  }
  if (plans.size === 0 && !prices)
    issues.push('STRIPE_PRICES must have the plan of each price, such as price_123:pro,price_456:scale')
  return secret ? { secret, prices: plans } : undefined
}

function parseToken(name: string, value: string | undefined, issues: string[]): string | undefined {
  if (!value) return undefined
  if (!BEARER_TOKEN.test(value))
    issues.push(`${name} must have at least 16 printable ASCII characters and no spaces`)
  return value
}

function parseLogLevel(value: string | undefined, issues: string[]): LogLevel {
  if (!value) return 'info'
  if (!(LOG_LEVELS as readonly string[]).includes(value))
    issues.push(`LOG_LEVEL must be one of ${LOG_LEVELS.join(', ')}, not "${value}"`)
  return value as LogLevel
}
