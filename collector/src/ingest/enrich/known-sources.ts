import { cutText, MAX_LABEL_LENGTH } from '@zenovay/tracker/contract'

/** The kinds of sources. The source kind and the campaign tags of a link determine the channel. */
export const SOURCE_KINDS = ['search', 'social', 'ai', 'email', 'ads', 'site'] as const
type SourceKind = (typeof SOURCE_KINDS)[number]

/**
 * Known sources, keyed by the name that reports show. docs/sources.md lists them.
 *
 * Each value is a list of words separated by spaces. A word with a dot is an Android package or a host. A
 * host also matches its subdomains, and `.*` at its end matches any country ending. A word without a dot is
 * an alias, such as `fb` in `utm_source=fb`. The name itself is also an alias.
 */
export const KNOWN_SOURCES: Readonly<Record<SourceKind, Readonly<Record<string, string>>>> = {
  search: {
    Google:
      'google.* com.google.android.googlequicksearchbox adwords googleads google-ads google_ads googleadwords',
    Bing: 'bing.com bingads msn microsoft-ads',
    DuckDuckGo: 'duckduckgo.com com.duckduckgo.mobile.android ddg',
    Yahoo: 'yahoo.* search.yahoo.*',
    Yandex: 'yandex.* ya.ru yandex-direct',
    Baidu: 'baidu.com',
    Naver: 'naver.com',
    Daum: 'search.daum.net',
    Ecosia: 'ecosia.org',
    Qwant: 'qwant.com',
    Startpage: 'startpage.com ixquick.com',
    'Brave Search': 'search.brave.com brave',
    Kagi: 'kagi.com',
    Seznam: 'seznam.cz',
    Sogou: 'sogou.com',
    'So.com': 'so.com 360.cn',
    'Petal Search': 'petalsearch.com',
    'Cốc Cốc': 'coccoc.com coccoc',
    Swisscows: 'swisscows.com',
    'search.ch': 'search.ch',
    Mojeek: 'mojeek.com',
    MetaGer: 'metager.de metager.org',
    Ask: 'ask.com',
    'AOL Search': 'search.aol.* aolsearch.aol.com',
    'Mail.ru Search': 'go.mail.ru',
    Rambler: 'rambler.ru',
    Presearch: 'presearch.com presearch.org',
    Lilo: 'search.lilo.org lilo.org',
    Dogpile: 'dogpile.com',
    Karma: 'karmasearch.org',
  },
  social: {
    Facebook:
      'facebook.com fb.com fb.me com.facebook.katana com.facebook.lite fb facebook-ads facebook_ads facebookads meta',
    Instagram: 'instagram.com com.instagram.android ig insta',
    Threads: 'threads.net threads.com com.instagram.barcelona',
    Messenger: 'messenger.com com.facebook.orca',
    X: 'x.com twitter.com t.co com.twitter.android twitter twitter-ads',
    LinkedIn: 'linkedin.com lnkd.in com.linkedin.android li linked-in linkedin-ads',
    Reddit: 'reddit.com redd.it com.reddit.frontpage',
    YouTube: 'youtube.com youtu.be com.google.android.youtube yt',
    TikTok: 'tiktok.com com.zhiliaoapp.musically tt tik-tok',
    Pinterest: 'pinterest.* pin.it com.pinterest',
    Snapchat: 'snapchat.com com.snapchat.android snap',
    WhatsApp: 'whatsapp.com wa.me com.whatsapp',
    Telegram:
      'telegram.org telegram.me t.me org.telegram.messenger org.telegram.messenger.web org.thunderdog.challegram',
    Discord: 'discord.com discord.gg discordapp.com com.discord',
    Mastodon:
      'mastodon.social mastodon.online mstdn.social fosstodon.org hachyderm.io infosec.exchange org.joinmastodon.android',
    Bluesky: 'bsky.app bsky',
    'Hacker News': 'news.ycombinator.com hackernews hacker-news hn',
    Lobsters: 'lobste.rs',
    Lemmy: 'lemmy.world lemmy.ml',
    Quora: 'quora.com',
    Tumblr: 'tumblr.com',
    Twitch: 'twitch.tv',
    Vimeo: 'vimeo.com',
    Dailymotion: 'dailymotion.com',
    Xing: 'xing.com',
    Nextdoor: 'nextdoor.com',
    VK: 'vk.com vk.ru vkontakte',
    Odnoklassniki: 'ok.ru',
    Weibo: 'weibo.com weibo.cn t.cn',
    WeChat: 'weixin.qq.com wechat.com com.tencent.mm',
    Zhihu: 'zhihu.com',
    Xiaohongshu: 'xiaohongshu.com',
    Douyin: 'douyin.com',
    Bilibili: 'bilibili.com',
    Line: 'line.me jp.naver.line.android',
    KakaoTalk: 'com.kakao.talk kakao.com',
  },
  ai: {
    ChatGPT: 'chatgpt.com chat.openai.com com.openai.chatgpt openai',
    Perplexity: 'perplexity.ai ai.perplexity.app.android',
    Claude: 'claude.ai com.anthropic.claude',
    Gemini: 'gemini.google.com bard.google.com com.google.android.apps.bard',
    'Microsoft Copilot': 'copilot.microsoft.com copilot.cloud.microsoft m365.cloud.microsoft copilot',
    DeepSeek: 'deepseek.com',
    Grok: 'grok.com',
    'Le Chat': 'chat.mistral.ai lechat mistral',
    'Meta AI': 'meta.ai',
    Qwen: 'chat.qwen.ai qwen.ai',
    Kimi: 'kimi.com kimi.moonshot.cn',
    Doubao: 'doubao.com',
    Poe: 'poe.com',
    'You.com': 'you.com',
    Phind: 'phind.com',
    NotebookLM: 'notebooklm.google.com',
  },
  email: {
    Gmail: 'mail.google.com com.google.android.gm',
    Outlook:
      'outlook.live.com outlook.office.com outlook.office365.com outlook.cloud.microsoft com.microsoft.office.outlook safelinks.protection.outlook.com',
    'Yahoo Mail': 'mail.yahoo.* com.yahoo.mobile.client.android.mail',
    'Proton Mail': 'mail.proton.me mail.protonmail.com ch.protonmail.android',
    'iCloud Mail': 'icloud.com',
    GMX: 'gmx.net gmx.ch gmx.at gmx.com deref-gmx.net deref-gmx.com',
    'WEB.DE': 'web.de deref-web.de deref-web-02.de',
    Fastmail: 'fastmail.com',
    'AOL Mail': 'mail.aol.com',
    'Yandex Mail': 'mail.yandex.ru mail.yandex.com',
    'Mail.ru': 'e.mail.ru',
    'Zoho Mail': 'mail.zoho.com mail.zoho.eu',
    Mailchimp: 'list-manage.com mailchi.mp',
    HubSpot: 'hs_email hs_automation',
    Klaviyo: 'klaviyo',
    Brevo: 'sendinblue',
  },
  ads: {
    'Google Ads Network':
      'doubleclick.net googlesyndication.com googleadservices.com syndicatedsearch.goog dv360 dbm',
    Taboola: 'taboola.com',
    Outbrain: 'outbrain.com',
    Criteo: 'criteo.com criteo.net',
    AdRoll: 'adroll.com',
  },
  site: {
    'Google News': 'news.google.com',
    'Google Docs': 'docs.google.com drive.google.com',
    'Google Play': 'play.google.com',
    'Google Accounts': 'accounts.google.com',
    GitHub: 'github.com gist.github.com',
    GitLab: 'gitlab.com',
    'Stack Overflow': 'stackoverflow.com',
    Wikipedia: 'wikipedia.org',
    'Product Hunt': 'producthunt.com producthunt product-hunt',
    Medium: 'medium.com',
    DEV: 'dev.to',
    Substack: 'substack.com',
    Slack: 'slack.com com.slack slack-edge.com',
    'Microsoft Teams': 'teams.microsoft.com teams.cloud.microsoft statics.teams.cdn.office.net',
    Notion: 'notion.so notion.site',
    Feedly: 'feedly.com',
    Flipboard: 'flipboard.com flipboard.app',
    Pocket: 'getpocket.com',
    'Indie Hackers': 'indiehackers.com',
    npm: 'npmjs.com',
    Amazon: 'amazon.*',
    eBay: 'ebay.*',
    'MSN News': 'msn.com',
    'Apple App Store': 'apps.apple.com',
    PayPal: 'paypal.com',
    Stripe: 'checkout.stripe.com',
  },
}

/** A source of visits, such as a search engine or a linking site. */
export interface Source {
  name: string
  /** Kind of the source, or undefined if the kind is unknown. */
  kind: SourceKind | undefined
}

// Maximum number of host labels to compare. No known host or package has more, but a referrer can have a
// thousand.
const MAX_LABELS = 6
// Matches a country ending such as `.de`, `.co.uk` or `.com.br`, which the list writes as `.*`.
const COUNTRY_ENDING = /\.(?:com?\.)?[a-z]{2,3}$/
// Matches generic `utm_source` values of mail campaigns.
const MAIL_TAG = /^(e[-_ ]?mail|newsletter|mailing|mail)$/
const MAIL_HOST = /^(web)?mail\d?\./

const byHost = new Map<string, Source>()
const byWord = new Map<string, Source>()
for (const kind of SOURCE_KINDS)
  for (const [name, words] of Object.entries(KNOWN_SOURCES[kind])) {
    const source = { name, kind }
    byWord.set(name.toLowerCase(), source)
    for (const word of words.split(' ')) (word.includes('.') ? byHost : byWord).set(word, source)
  }

/**
 * Returns the known source of a host or Android package. For an unknown host, the name of the source is the
 * host without `www.`.
 */
export function sourceOfHost(host: string): Source {
  const lower = host.toLowerCase()
  return (
    findHost(lower) ?? {
      name: cut(lower.replace(/^www\d?\./, '')),
      kind: MAIL_HOST.test(lower) ? 'email' : undefined,
    }
  )
}

/** Returns the source of a campaign tag, such as `fb` in `utm_source=fb`. */
export function sourceOfTag(tag: string): Source {
  const word = tag.trim().toLowerCase()
  const known = byWord.get(word)
  if (known) return known
  return word.includes('.')
    ? sourceOfHost(word)
    : { name: cut(word), kind: MAIL_TAG.test(word) ? 'email' : undefined }
}

function findHost(host: string): Source | undefined {
  let rest = host.split('.').slice(-MAX_LABELS).join('.')
  let stem = rest.replace(COUNTRY_ENDING, '')
  // The longest suffix is tried first, so that `mail.google.com` is not recognised as `google.com`.
  for (;;) {
    const source = byHost.get(rest) ?? byHost.get(`${stem}.*`)
    if (source) return source
    const dot = rest.indexOf('.')
    if (dot < 0) return undefined
    rest = rest.slice(dot + 1)
    stem = stem.slice(stem.indexOf('.') + 1)
  }
}

function cut(name: string): string {
  return cutText(name, MAX_LABEL_LENGTH)
}
