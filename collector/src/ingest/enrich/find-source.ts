import { MAX_LABEL_LENGTH } from '@zenovay/tracker/contract'
import { KNOWN_SOURCES, SOURCE_KINDS, type SourceKind } from './known-sources.js'

/** Where visits come from, as reports name it. */
export interface Source {
  name: string
  /** Unknown when neither its name nor its host is known. */
  kind: SourceKind | undefined
}

// No known host or package has more labels; a referrer may have a thousand.
const MAX_LABELS = 6
// `.de`, `.co.uk`, `.com.br`: what a host's name is followed by, where a company has one for each country.
const COUNTRY_ENDING = /\.(?:com?\.)?[a-z]{2,3}$/
// Words that senders of mail write into `utm_source` and that name nobody.
const MAIL_WORDS = /^(e[-_ ]?mail|newsletter|mailing|mail)$/
const MAIL_HOST = /^(web)?mail\d?\./

const byHost = new Map<string, Source>()
const byWord = new Map<string, Source>()
for (const kind of SOURCE_KINDS)
  for (const [name, words] of Object.entries(KNOWN_SOURCES[kind])) {
    const source = { name, kind }
    byWord.set(name.toLowerCase(), source)
    for (const word of words.split(' ')) (word.includes('.') ? byHost : byWord).set(word, source)
  }

/** The source behind a host name or Android package: a known one, or the host without its `www.`. */
export function sourceOfHost(host: string): Source {
  const lower = host.toLowerCase()
  return (
    findHost(lower) ?? {
      name: cut(lower.replace(/^www\d?\./, '')),
      kind: MAIL_HOST.test(lower) ? 'email' : undefined,
    }
  )
}

/** The source that a link names itself, such as `utm_source=fb`. */
export function sourceOfTag(tag: string): Source {
  const word = tag.trim().toLowerCase()
  const known = byWord.get(word)
  if (known) return known
  return word.includes('.')
    ? sourceOfHost(word)
    : { name: cut(word), kind: MAIL_WORDS.test(word) ? 'email' : undefined }
}

function findHost(host: string): Source | undefined {
  let rest = host.split('.').slice(-MAX_LABELS).join('.')
  let stem = rest.replace(COUNTRY_ENDING, '')
  // From the most exact to the least: `mail.google.com` is no `google.com`.
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
  return name.slice(0, MAX_LABEL_LENGTH).toWellFormed()
}
