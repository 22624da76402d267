import { isDeniedAgent } from '@zenovay/tracker/contract'
import { isbot } from 'isbot'
import { memoize } from '../../cache.js'
import { ApiError } from '../../errors.js'

// The cache takes 5 MB with user agents of 1,024 characters.
const MAX_REMEMBERED = 5_000
// In-app browsers append the app's name, and `isbot` matches some of these: Apple News, TripAdvisor, Grab.
const PHONE = /^Mozilla\/5\.0 \((?:iPhone|iPad|iPod|Linux; (?:U; )?Android)[^)]/
const BOT_ON_PHONE = /compatible|http|@|google(?!app|news)/i

/** Throws `BOT_REJECTED` for the user agent of a bot. */
export function assertNoBot(userAgent: string): void {
  if (isBotAgent(userAgent)) throw new ApiError('BOT_REJECTED')
}

/**
 * Whether the `user_agent` of an event belongs to a bot. The request's own header is ignored.
 *
 * `isbot` checks only user agents that claim to be a browser: it would reject `MyApp-Server/1.0`, the form
 * that the docs recommend to servers. Results are cached, because few browsers make most traffic and the
 * expressions are long.
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

// Automated clients that neither the contract's list nor `isbot` covers, collected by hand in 2026. A missing
// name is counted as a visitor; a wrong one would reject a genuine server.

/**
 * First product names, such as `axios` in `axios/1.6.2`. They are matched whole, because servers choose names
 * freely: `Ruby` matches, `RubyShop-Server` does not.
 */
const FIRST_NAMES = new Set(
  [
    // HTTP libraries with their default name
    'axios node-fetch undici got node-superagent superagent deno bun node node.js',
    'okhttp go-http-client go-resty fasthttp colly hyper reqwest ureq isahc aria2 aria2c httpie xh rest-client postmanruntime insomnia',
    'java-http-client apache-httpclient apache-httpasyncclient ahc jakarta jetty jersey vertx vert.x-webclient akka-http reactornetty ktor-client scala-http sttp dart',
    'guzzlehttp symfony php wordpress drupal joomla zend_http_client pear_http_request',
    'libwww-perl lwp lwp-request mojolicious www-mechanize mechanize perl ruby faraday typhoeus http.rb httparty excon hackney httpoison',
    'restsharp windows-update-agent winhttp powershell winhttprequest microsoft-winhttp httpclient urlgrabber httplib2 aiohttp httpx urllib urllib3 rpt-httpclient lua-resty-http luasocket haskell-http-client erlang',
    // Link previews
    'facebookexternalhit facebookcatalog facebookplatform meta-externalagent meta-externalfetcher meta-externalads whatsapp viber skypeuripreview iframely embedly mastodon pleroma misskey akkoma lemmy line-poker bitlybot',
    // Monitors
    'site24x7 updown.io datadog checkly googlestackdrivermonitoring-uptimechecks amazon-route53-health-check-service elb-healthchecker googlehc kube-probe uptime-kuma blackbox blackbox-exporter prometheus',
    'check_http zabbix prtg nagios icinga munin haproxy statuscake pingdom nodeping freshping sentry newrelic traefik varnish cloudflare-healthchecks',
    // Checkers, search and marketing
    'w3c_validator w3c-checklink w3c_css_validator validator.nu ssl linkwalker xenu turnitin admantx admantx-usaspb ia_archiver slurp mediapartners-google apis-google feedfetcher-google',
    'cohere-ai anthropic-ai firecrawlagent perplexity-user chatgpt-user claude-user mistralai-user img2dataset expanse archivebox wayback_machine',
    // Feeds
    'feedly feedbin freshrss inoreader newsblur bloglovin miniflux feedparser simplepie universalfeedparser magpierss rssowl netnewswire feedwrangler theoldreader bazqux commafeed',
    // Site copiers, load tests, scanners
    'httrack webcopier teleport webzip sitesucker pavuk scrapy nutch heritrix sqlmap masscan nikto nuclei wpscan nmap zgrab gobuster ffuf dirbuster wfuzz apachebench jmeter k6 siege vegeta autocannon gatling',
    'htmlunit happydom jsdom phantomjs selenium puppeteer playwright',
  ].flatMap((names) => names.split(' ')),
)

// Google has many crawlers, all named after it.
const GOOGLE = /^google|-google$/

/** Names that identify a bot anywhere in the user agent, even after `Mozilla/5.0`. */
const ANYWHERE =
  /facebookexternalhit|http\.rb\/|libwww|headless|phantomjs|slimerjs|wkhtmlto|jsdom|happydom|htmlunit|jmeter|powershell|gtmetrix|nutch|ptst\/|pingdom|speedcurve|dareboost|catchpoint|synthetics|cypress\/|chrome-lighthouse|pagespeed|builtwith|novaact|feedfetcher|health-?check|nmap scripting|nikto|nuclei|sqlmap|httrack|webcopier|urlpreview|uripreview|link preview|tiny tiny rss|selenium|puppeteer|playwright/

// A URL, mail address or subscriber count: crawlers name these, browsers do not.
const HAS_CONTACT = /https?:\/\/|www\.|\w@[\w-]+\.\w|\d subscribers/

/** Whether a user agent names an automated client: an HTTP library, monitor, link preview or tool. */
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
