import { isDeniedAgent } from '@zenovay/tracker/contract'
import { isbot } from 'isbot'
import { memoize } from '../../cache.js'
import { ApiError } from '../../errors.js'

// The cache takes about 5 MB if every user agent has 1,024 characters.
const MAX_REMEMBERED = 5_000
// Matches user agents of phone browsers. Most of them are not passed to `isbot`, because it mistakes the
// in-app browsers of some apps for bots, such as Apple News, TripAdvisor and Grab.
const PHONE = /^Mozilla\/5\.0 \((?:iPhone|iPad|iPod|Linux; (?:U; )?Android)[^)]/
const BOT_ON_PHONE = /compatible|http|@|google(?!app|news)/i

/** Throws `BOT_REJECTED` if the user agent belongs to a bot. */
export function assertNoBot(userAgent: string): void {
  if (isBotAgent(userAgent)) throw new ApiError('BOT_REJECTED')
}

/**
 * Checks whether a user agent belongs to a bot. Ingest passes the `user_agent` field of an event and ignores
 * the `User-Agent` header of the request.
 *
 * `isbot` checks only user agents that claim to be a browser, because it would reject names such as
 * `MyApp-Server/1.0`, which the documentation recommends for servers. Results are cached, because the regular
 * expressions are slow and most events come from a few user agents.
 */
export const isBotAgent = memoize(
  (userAgent) =>
    isDeniedAgent(userAgent) ||
    isAutomatedAgent(userAgent) ||
    (claimsToBeBrowser(userAgent) && isbot(userAgent)),
  MAX_REMEMBERED,
)

function claimsToBeBrowser(userAgent: string): boolean {
  return userAgent.startsWith('Mozilla/') && !(PHONE.test(userAgent) && !BOT_ON_PHONE.test(userAgent))
}

// The following lists were collected by hand in 2026. They contain automated clients that neither the list in
// the contract nor `isbot` includes. A bot that is missing here is counted as a visitor. A name that is
// wrongly listed makes the collector reject a genuine server.

/**
 * First product names in the user agents of automated clients, such as `axios` in `axios/1.6.2`. The whole
 * name must match, because servers choose their names freely: `Ruby` is a bot, but `RubyShop-Server` is not.
 */
const FIRST_NAMES = new Set(
  [
    // Default names of HTTP libraries
    'axios node-fetch undici got node-superagent superagent deno bun node node.js',
    'okhttp go-http-client go-resty fasthttp colly hyper reqwest ureq isahc aria2 aria2c httpie xh rest-client postmanruntime insomnia',
    'java-http-client apache-httpclient apache-httpasyncclient ahc jakarta jetty jersey vertx vert.x-webclient akka-http reactornetty ktor-client scala-http sttp dart',
    'guzzlehttp symfony php wordpress drupal joomla zend_http_client pear_http_request',
    'libwww-perl lwp lwp-request mojolicious www-mechanize mechanize perl ruby faraday typhoeus http.rb httparty excon hackney httpoison',
    'restsharp windows-update-agent winhttp powershell winhttprequest microsoft-winhttp httpclient urlgrabber httplib2 aiohttp httpx urllib urllib3 rpt-httpclient lua-resty-http luasocket haskell-http-client erlang',
    // Services that fetch link previews
    'facebookexternalhit facebookcatalog facebookplatform meta-externalagent meta-externalfetcher meta-externalads whatsapp viber skypeuripreview iframely embedly mastodon pleroma misskey akkoma lemmy line-poker bitlybot',
    // Uptime and performance monitors
    'site24x7 updown.io datadog checkly googlestackdrivermonitoring-uptimechecks amazon-route53-health-check-service elb-healthchecker googlehc kube-probe uptime-kuma blackbox blackbox-exporter prometheus',
    'check_http zabbix prtg nagios icinga munin haproxy statuscake pingdom nodeping freshping sentry newrelic traefik varnish cloudflare-healthchecks',
    // Validators, and the crawlers of search engines, marketing tools, AI services and web archives
    'w3c_validator w3c-checklink w3c_css_validator validator.nu ssl linkwalker xenu turnitin admantx admantx-usaspb ia_archiver slurp mediapartners-google apis-google feedfetcher-google',
    'cohere-ai anthropic-ai firecrawlagent perplexity-user chatgpt-user claude-user mistralai-user img2dataset expanse archivebox wayback_machine',
    // Feed readers
    'feedly feedbin freshrss inoreader newsblur bloglovin miniflux feedparser simplepie universalfeedparser magpierss rssowl netnewswire feedwrangler theoldreader bazqux commafeed',
    // Site copiers, vulnerability scanners, load test tools and headless browsers
    'httrack webcopier teleport webzip sitesucker pavuk scrapy nutch heritrix sqlmap masscan nikto nuclei wpscan nmap zgrab gobuster ffuf dirbuster wfuzz apachebench jmeter k6 siege vegeta autocannon gatling',
    'htmlunit happydom jsdom phantomjs selenium puppeteer playwright',
  ].flatMap((names) => names.split(' ')),
)

// Matches the first product names of Google's many crawlers, such as `GoogleOther` and `AdsBot-Google`.
const GOOGLE = /^google|-google$/

/** Names that identify a bot anywhere in a user agent, even if the user agent starts with `Mozilla/5.0`. */
const ANYWHERE =
  /facebookexternalhit|http\.rb\/|libwww|headless|phantomjs|slimerjs|wkhtmlto|jsdom|happydom|htmlunit|jmeter|powershell|gtmetrix|nutch|ptst\/|pingdom|speedcurve|dareboost|catchpoint|synthetics|cypress\/|chrome-lighthouse|pagespeed|builtwith|novaact|feedfetcher|health-?check|nmap scripting|nikto|nuclei|sqlmap|httrack|webcopier|urlpreview|uripreview|link preview|tiny tiny rss|selenium|puppeteer|playwright/

// Matches a URL, a mail address or a subscriber count. Crawlers include these in their user agent, browsers
// do not.
const HAS_CONTACT = /https?:\/\/|www\.|\w@[\w-]+\.\w|\d subscribers/

/**
 * Checks whether a user agent names an automated client, such as an HTTP library, a monitor or a link preview
 * service.
 */
export function isAutomatedAgent(userAgent: string): boolean {
  const agent = userAgent.toLowerCase()
  const first = /^[^\s/;,()]*/.exec(agent)![0]
  return (
    FIRST_NAMES.has(first) ||
    GOOGLE.test(first) ||
    ANYWHERE.test(agent) ||
    (first !== 'mozilla' && HAS_CONTACT.test(agent))
  )
}
