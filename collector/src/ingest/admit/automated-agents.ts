// Programs that no person looks at pages with, beyond the contract's words and what `isbot` knows of those that claim to be browsers.
// Names of 2026, written down by hand; a name that is missing here is counted, one too many would refuse somebody's server.

/** What such a program calls itself first: `axios` of `axios/1.6.2`. Whole names only, because servers are named freely: `Ruby`, not `RubyShop-Server`. */
const FIRST_NAMES = new Set(
  [
    // Libraries that were given no name
    'axios node-fetch undici got node-superagent superagent deno bun node node.js',
    'okhttp go-http-client go-resty fasthttp colly hyper reqwest ureq isahc aria2 aria2c httpie xh rest-client postmanruntime insomnia',
    'java-http-client apache-httpclient apache-httpasyncclient ahc jakarta jetty jersey vertx vert.x-webclient akka-http reactornetty ktor-client scala-http sttp dart',
    'guzzlehttp symfony php wordpress drupal joomla zend_http_client pear_http_request',
    'libwww-perl lwp lwp-request mojolicious www-mechanize mechanize perl ruby faraday typhoeus http.rb httparty excon hackney httpoison',
    'restsharp windows-update-agent winhttp powershell winhttprequest microsoft-winhttp httpclient urlgrabber httplib2 aiohttp httpx urllib urllib3 rpt-httpclient lua-resty-http luasocket haskell-http-client erlang',
    // Previews of links
    'facebookexternalhit facebookcatalog facebookplatform meta-externalagent meta-externalfetcher meta-externalads whatsapp viber skypeuripreview iframely embedly mastodon pleroma misskey akkoma lemmy line-poker bitlybot',
    // Monitors
    'site24x7 updown.io datadog checkly googlestackdrivermonitoring-uptimechecks amazon-route53-health-check-service elb-healthchecker googlehc kube-probe uptime-kuma blackbox blackbox-exporter prometheus',
    'check_http zabbix prtg nagios icinga munin haproxy statuscake pingdom nodeping freshping sentry newrelic traefik varnish cloudflare-healthchecks',
    // Checkers, search and marketing
    'w3c_validator w3c-checklink w3c_css_validator validator.nu ssl linkwalker xenu turnitin admantx admantx-usaspb ia_archiver slurp mediapartners-google apis-google feedfetcher-google',
    'cohere-ai anthropic-ai firecrawlagent perplexity-user chatgpt-user claude-user mistralai-user img2dataset expanse archivebox wayback_machine',
    // Feeds
    'feedly feedbin freshrss inoreader newsblur bloglovin miniflux feedparser simplepie universalfeedparser magpierss rssowl netnewswire feedwrangler theoldreader bazqux commafeed',
    // Copying, testing and attacking
    'httrack webcopier teleport webzip sitesucker pavuk scrapy nutch heritrix sqlmap masscan nikto nuclei wpscan nmap zgrab gobuster ffuf dirbuster wfuzz apachebench jmeter k6 siege vegeta autocannon gatling',
    'htmlunit happydom jsdom phantomjs selenium puppeteer playwright',
  ].flatMap((names) => names.split(' ')),
)

// Google has many, and all of them are named after it.
const GOOGLE = /^google|-google$/

/** Names that mean the same wherever they stand, also behind `Mozilla/5.0`. */
const ANYWHERE =
  /facebookexternalhit|http\.rb\/|libwww|headless|phantomjs|slimerjs|wkhtmlto|jsdom|happydom|htmlunit|jmeter|powershell|gtmetrix|nutch|ptst\/|pingdom|speedcurve|dareboost|catchpoint|synthetics|cypress\/|chrome-lighthouse|pagespeed|builtwith|novaact|feedfetcher|health-?check|nmap scripting|nikto|nuclei|sqlmap|httrack|webcopier|urlpreview|uripreview|link preview|tiny tiny rss|selenium|puppeteer|playwright/

// Where to read about it, and whom to write to: what crawlers say of themselves, and no browser.
const REFERS_TO_ITSELF = /https?:\/\/|www\.|\w@[\w-]+\.\w|\d subscribers/

/** Whether a user agent is by its own words a program's: a library without a name of its own, a monitor, a preview, a tool. */
export function isAutomatedAgent(userAgent: string): boolean {
  const agent = userAgent.toLowerCase()
  const first = /^[^\s/;,()]*/.exec(agent)![0]
  return (
    FIRST_NAMES.has(first) ||
    GOOGLE.test(first) ||
    ANYWHERE.test(agent) ||
    (first !== 'mozilla' && REFERS_TO_ITSELF.test(agent))
  )
}
