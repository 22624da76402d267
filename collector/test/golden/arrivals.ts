import type { Arrival } from './visit-plan.js'

/** Direct traffic: also every page after the first. */
export const DIRECT: Arrival = {
  referrer: '',
  query: '',
  source: '',
  channel: 'direct',
  utm_source: '',
  utm_medium: '',
  utm_campaign: '',
  utm_term: '',
  utm_content: '',
}

const arrive = (source: string, channel: string, rest: Partial<Arrival>): Arrival => ({
  ...DIRECT,
  source,
  channel,
  ...rest,
})

/**
 * Ways to reach a site, the most frequent first; the expected values are copied by hand from
 * docs/sources.md.
 */
export const ARRIVALS: readonly Arrival[] = [
  DIRECT,
  arrive('Google', 'organic search', { referrer: 'https://www.google.com/' }),
  arrive('Facebook', 'social', { referrer: 'https://l.facebook.com/', query: 'fbclid=IwAR0a' }),
  arrive('Google', 'paid search', {
    query: 'utm_source=google&utm_medium=cpc&utm_campaign=autumn%20sale&utm_term=red+shoes&utm_content=ad-1',
    utm_source: 'google',
    utm_medium: 'cpc',
    utm_campaign: 'autumn sale',
    utm_term: 'red shoes',
    utm_content: 'ad-1',
  }),
  arrive('blog.example.org', 'referral', { referrer: 'https://blog.example.org/post?page=2' }),
  arrive('newsletter', 'email', {
    query: 'utm_source=newsletter&utm_medium=email&utm_campaign=week-41',
    utm_source: 'newsletter',
    utm_medium: 'email',
    utm_campaign: 'week-41',
  }),
  arrive('Google', 'paid search', { referrer: 'https://www.google.ch/', query: 'gclid=Cj0KCQ' }),
  arrive('ChatGPT', 'ai', { referrer: 'https://chatgpt.com/' }),
  arrive('Facebook', 'paid social', {
    referrer: 'https://m.facebook.com/',
    query: 'utm_source=fb&utm_medium=paid_social&utm_campaign=autumn%20sale',
    utm_source: 'fb',
    utm_medium: 'paid_social',
    utm_campaign: 'autumn sale',
  }),
  arrive('Criteo', 'display', {
    query: 'utm_source=criteo&utm_medium=banner&utm_content=300x250',
    utm_source: 'criteo',
    utm_medium: 'banner',
    utm_content: '300x250',
  }),
  arrive('Bing', 'organic search', { referrer: 'https://www.bing.com/' }),
  arrive('partner-x', 'campaign', {
    referrer: 'https://partner.example.net/',
    query: 'utm_source=Partner-X&utm_campaign=launch',
    utm_source: 'Partner-X',
    utm_campaign: 'launch',
  }),
  arrive('somebody', 'paid', {
    query: 'utm_source=somebody&utm_medium=cpc',
    utm_source: 'somebody',
    utm_medium: 'cpc',
  }),
  arrive(`'; drop table events; --`, 'campaign', {
    query: `utm_source=%27%3B%20DROP%20TABLE%20events%3B%20--&utm_campaign=%F0%9F%8E%83%20%22half%22%20%5C%20price`,
    utm_source: `'; DROP TABLE events; --`,
    utm_campaign: '🎃 "half" \\ price',
  }),
  arrive('<b>who</b>', 'campaign', {
    query: 'utm_source=%3Cb%3Ewho%3C%2Fb%3E&utm_term=%25_%25&utm_content={x:String}',
    utm_source: '<b>who</b>',
    utm_term: '%_%',
    utm_content: '{x:String}',
  }),
]
