import { LOG_LEVELS, type LogLevel } from './observability/log.js'
import { isIP } from 'node:net'
import { resolve } from 'node:path'
import ipaddr from 'ipaddr.js'
import { isAddress } from './alerts/fields.js'
import type { MailerOptions } from './alerts/notify/mail.js'
import { isPlanName, PLAN_NAMES, type PlanName } from './control/accounts.js'
import type { PricePlans } from './control/integrations/stripe.js'
import { MASTER_KEY_BYTES } from './control/secrets/master-key.js'
import { StartError } from './errors.js'

/** Reads `SMTP_URL` and `MAIL_FROM`; undefined without both. What is wrong goes to `faults`, without the password. */
function parseMailSettings(
  smtpUrl: string | undefined,
  from: string | undefined,
  faults: string[],
): MailerOptions | undefined {
  if (!smtpUrl && !from) return undefined
  const known = faults.length
  if (
    !smtpUrl ||
    !URL.canParse(smtpUrl) ||
    !/^smtps?:$/.test(new URL(smtpUrl).protocol) ||
    new URL(smtpUrl).hostname === ''
  )
    faults.push('SMTP_URL is not the URL of a mail server, write smtps://user:password@host:465')
  if (!from || !isAddress(from)) faults.push('MAIL_FROM is not an address, write alerts@example.com')
  return faults.length > known ? undefined : { smtpUrl: smtpUrl!, from: from! }
}

interface StripeSettings {
  /** Signing secret of the endpoint, `whsec_…`. */
  secret: string
  prices: PricePlans
}

const PRICE = /^\w{1,255}$/

/** Reads `STRIPE_WEBHOOK_SECRET` and `STRIPE_PRICES`; undefined without both. What is wrong goes to `faults`, without the secret. */
export function parseStripeSettings(
  secret: string | undefined,
  prices: string | undefined,
  faults: string[],
): StripeSettings | undefined {
  if (!secret && !prices) return undefined
  if (!secret || !/^whsec_[\x21-\x7e]{16,}$/.test(secret))
    faults.push(
      'STRIPE_WEBHOOK_SECRET is not the signing secret of an endpoint, copy the text that begins with whsec_',
    )
  const plans = new Map<string, PlanName>()
  for (const entry of (prices ?? '')
    .split(',')
    .map((text) => text.trim())
    .filter(Boolean)) {
    const [price = '', plan = '', ...rest] = entry.split(':')
    if (PRICE.test(price) && isPlanName(plan) && rest.length === 0 && !plans.has(price))
      plans.set(price, plan)
    else
      faults.push(
        `STRIPE_PRICES holds "${entry}", write each price once with one of ${PLAN_NAMES.join(', ')}, such as price_123:pro,price_456:scale`,
      )
  }
  if (plans.size === 0 && !prices)
    faults.push(
      'STRIPE_PRICES is missing, write the plan of every price, such as price_123:pro,price_456:scale',
    )
  return secret ? { secret, prices: plans } : undefined
}

/** The collector's settings. docs/configuration.md describes the environment variable of each. */
export interface Config {
  /** TCP port of the HTTP server; 0 lets the system choose. */
  port: number
  /** Address the HTTP server listens on. */
  host: string
  /** Absolute path of the folder that holds everything the collector stores. */
  dataDir: string
  /** URL of a ClickHouse server or cluster, with user, password and database; undefined starts the embedded engine. */
  clickhouseUrl: string | undefined
  /** Path of the SQLite file that holds control data. */
  controlFile: string
  /** CIDR ranges of proxies whose X-Forwarded-For counts. */
  trustedProxies: string[]
  /** Lower-case name of the header in which a CDN says the country; it counts only from a trusted proxy. */
  countryHeader: string | undefined
  /** Path of a database of countries, `.mmdb`; undefined takes the one that is installed with the collector. */
  geoDatabaseFile: string | undefined
  /** What `GET /metrics` wants to be sent; undefined: there is no such route. */
  metricsToken: string | undefined
  /** 32 bytes that secrets are sealed with; undefined: a file beside the control data holds them. */
  masterKey: Buffer | undefined
  /** Loopback addresses that webhooks may be sent to, for development. */
  webhookLoopback: string[]
  /** Mail server for alerts; undefined: none has a mail. */
  mail: MailerOptions | undefined
  /** What `POST /webhooks/stripe` is checked by; undefined: there is no such route. */
  stripe: StripeSettings | undefined
  /** What `POST /webhooks/uptime` wants to be sent; undefined: there is no such route. */
  uptimeToken: string | undefined
  logLevel: LogLevel
}

/** Reads the environment once. Throws a {@link StartError} that lists every fault. */
export function readConfig(env: Record<string, string | undefined>): Config {
  const faults: string[] = []
  const dataDir = resolve(env['DATA_DIR'] || 'data')
  const config: Config = {
    port: readPort(env['PORT'], faults),
    host: env['HOST'] || '127.0.0.1',
    dataDir,
    clickhouseUrl: readClickhouseUrl(env['CLICKHOUSE_URL'], faults),
    controlFile: readControlFile(env['DATABASE_URL'], dataDir, faults),
    trustedProxies: readProxies(env['TRUSTED_PROXIES'], faults),
    countryHeader: readHeaderName(env['COUNTRY_HEADER'], faults),
    geoDatabaseFile: env['GEO_DB'] ? resolve(env['GEO_DB']) : undefined,
    metricsToken: readToken('METRICS_TOKEN', env['METRICS_TOKEN'], faults),
    masterKey: readMasterKey(env['MASTER_KEY'], faults),
    webhookLoopback: readLoopback(env['WEBHOOK_ALLOW_LOOPBACK'], faults),
    mail: parseMailSettings(env['SMTP_URL'], env['MAIL_FROM'], faults),
    stripe: parseStripeSettings(env['STRIPE_WEBHOOK_SECRET'], env['STRIPE_PRICES'], faults),
    uptimeToken: readToken('UPTIME_TOKEN', env['UPTIME_TOKEN'], faults),
    logLevel: readLogLevel(env['LOG_LEVEL'], faults),
  }
  if (faults.length > 0)
    throw new StartError(`The configuration is not valid: ${faults.join('; ')}. See docs/configuration.md.`)
  return config
}

function readPort(value: string | undefined, faults: string[]): number {
  if (!value) return 8787
  const port = Number(value)
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    faults.push(`PORT is "${value}", write a number from 0 to 65535`)
  return port
}

function readClickhouseUrl(value: string | undefined, faults: string[]): string | undefined {
  if (!value) return undefined
  if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol))
    faults.push('CLICKHOUSE_URL is not an http(s) URL, write http://user:password@host:8123/database')
  return value
}

function readControlFile(value: string | undefined, dataDir: string, faults: string[]): string {
  if (!value) return resolve(dataDir, 'control.db')
  const [, path] = /^sqlite:(?:\/\/)?(.+)$/.exec(value) ?? []
  if (!path) faults.push('DATABASE_URL is not a SQLite file, write sqlite:/path/to/control.db')
  return resolve(path ?? '')
}

function readProxies(value: string | undefined, faults: string[]): string[] {
  const ranges = readList(value)
  for (const range of ranges)
    if (!ipaddr.isValid(range) && !ipaddr.isValidCIDR(range))
      faults.push(
        `TRUSTED_PROXIES holds "${range}", write addresses or CIDR ranges such as 10.0.0.0/8, separated by commas`,
      )
  return ranges
}

function readLoopback(value: string | undefined, faults: string[]): string[] {
  const addresses = readList(value)
  for (const address of addresses)
    if (!isIP(address) || ipaddr.process(address).range() !== 'loopback')
      faults.push(
        `WEBHOOK_ALLOW_LOOPBACK holds "${address}", write loopback addresses such as 127.0.0.1, separated by commas`,
      )
  return addresses
}

function readList(value: string | undefined): string[] {
  return (value ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)
}

function readMasterKey(value: string | undefined, faults: string[]): Buffer | undefined {
  if (!value) return undefined
  const key = Buffer.from(value, /^[0-9a-f]{64}$/i.test(value) ? 'hex' : 'base64')
  if (key.length !== MASTER_KEY_BYTES)
    faults.push(
      `MASTER_KEY is not ${MASTER_KEY_BYTES} bytes in base64 or hexadecimal, make one with openssl rand -base64 ${MASTER_KEY_BYTES}`,
    )
  return key
}

function readHeaderName(value: string | undefined, faults: string[]): string | undefined {
  if (!value) return undefined
  if (!/^[\w-]+$/.test(value))
    faults.push(`COUNTRY_HEADER is "${value}", write the name of a header such as CF-IPCountry`)
  return value.toLowerCase()
}

function readToken(name: string, value: string | undefined, faults: string[]): string | undefined {
  if (!value) return undefined
  if (!/^[\x21-\x7e]{16,}$/.test(value))
    faults.push(`${name} is too short or holds spaces, write at least 16 letters, digits or signs`)
  return value
}

function readLogLevel(value: string | undefined, faults: string[]): Config['logLevel'] {
  if (!value) return 'info'
  if (!(LOG_LEVELS as readonly string[]).includes(value))
    faults.push(`LOG_LEVEL is "${value}", write one of ${LOG_LEVELS.join(', ')}`)
  return value as Config['logLevel']
}
