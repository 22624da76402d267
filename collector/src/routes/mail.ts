import type { FastifyInstance, FastifyReply, onRequestHookHandler } from 'fastify'
import { MAIL_PATHS } from '../alerts/recipients/links.js'
import type { ConfirmationLink, Recipient } from '../alerts/recipients/recipient-store.js'
import type { Recipients } from '../alerts/recipients/recipients.js'
import { hideFromOtherOrigins } from '../http/api/register.js'
import { documentRoute, urlOf } from '../http/api/route.js'
import { buildMailPage, CONTENT_SECURITY_POLICY, type MailPage } from './mail-page.js'

// GET never changes anything, because mail scanners and browsers open links by themselves. Only the POST of the
// button on the page does, and that of a mail program with one-click unsubscribe (RFC 8058).

const PAGE = { scope: 'public', codes: [], contentType: 'text/html' } as const
const ONE_CLICK =
  'Any body is accepted, such as List-Unsubscribe=One-Click from a mail program (RFC 8058). Status 404 with an unknown token.'
const LINK_STATUS = 'Status 404 with an unknown token, 410 if the link was used or has expired.'

const showConfirmation = documentRoute({
  path: `${MAIL_PATHS.confirm}/{token}`,
  operationId: 'showConfirmation',
  summary: 'The page that a confirmation mail links to; changes nothing',
  description: LINK_STATUS,
  ...PAGE,
})
const confirmAddress = documentRoute({
  method: 'POST',
  path: `${MAIL_PATHS.confirm}/{token}`,
  operationId: 'confirmAddress',
  summary: 'Confirm an email address, once',
  description: LINK_STATUS,
  ...PAGE,
})
const showSubscription = documentRoute({
  path: `${MAIL_PATHS.unsubscribe}/{token}`,
  operationId: 'showSubscription',
  summary: 'The page that every mail links to; changes nothing',
  description: 'Status 404 with an unknown token.',
  ...PAGE,
})
const unsubscribe = documentRoute({
  method: 'POST',
  path: `${MAIL_PATHS.unsubscribe}/{token}`,
  operationId: 'unsubscribe',
  summary: 'Stop mail of an account to an address',
  description: ONE_CLICK,
  ...PAGE,
})
const resubscribe = documentRoute({
  method: 'POST',
  path: `${MAIL_PATHS.resubscribe}/{token}`,
  operationId: 'resubscribe',
  summary: 'Resume mail of an account to an address that stopped it',
  description: 'Status 404 with an unknown token.',
  ...PAGE,
})

export const MAIL_ROUTES = [showConfirmation, confirmAddress, showSubscription, unsubscribe, resubscribe]

const MAX_FORM_BYTES = 4_096

interface TokenRequest {
  Params: { token: string }
}

/** Adds the pages that links in mails open. They need no login: their tokens cannot be guessed. */
export function addMailRoutes(
  app: FastifyInstance,
  {
    recipients,
    limit,
  }: {
    recipients: Pick<Recipients, 'findConfirmation' | 'confirm' | 'findSubscription' | 'setSubscription'>
    /** Rate limit of each client. */
    limit: onRequestHookHandler
  },
): void {
  void app.register((routes, _options, done) => {
    hideFromOtherOrigins(routes)
    routes.removeAllContentTypeParsers()
    // Bodies are forms of any type, and say nothing that the path does not say.
    routes.addContentTypeParser(
      '*',
      { parseAs: 'buffer', bodyLimit: MAX_FORM_BYTES },
      (_request, _body, parsed) => parsed(null, undefined),
    )
    routes.addHook('onRequest', limit)
    routes.addHook('onRequest', (_request, reply, next) => {
      reply.headers({
        'cache-control': 'no-store',
        'content-security-policy': CONTENT_SECURITY_POLICY,
        'referrer-policy': 'no-referrer',
        'x-frame-options': 'DENY',
        'x-robots-tag': 'noindex, nofollow',
      })
      next()
    })

    routes.get<TokenRequest>(urlOf(showConfirmation), async ({ params: { token } }, reply) => {
      const { link } = await recipients.findConfirmation(token)
      return send(reply, link === 'open' ? CONFIRM : refuse(link))
    })
    routes.post<TokenRequest>(urlOf(confirmAddress), async ({ params: { token } }, reply) => {
      const link = await recipients.confirm(token)
      return send(reply, link === 'open' ? CONFIRMED : refuse(link))
    })
    routes.get<TokenRequest>(urlOf(showSubscription), async ({ params: { token } }, reply) =>
      send(reply, describeSubscription(await recipients.findSubscription(token), token, UNSUBSCRIBE)),
    )
    routes.post<TokenRequest>(urlOf(unsubscribe), async ({ params: { token } }, reply) =>
      send(reply, describeSubscription(await recipients.setSubscription(token, false), token, UNSUBSCRIBE)),
    )
    routes.post<TokenRequest>(urlOf(resubscribe), async ({ params: { token } }, reply) =>
      send(reply, describeSubscription(await recipients.setSubscription(token, true), token, RESUMED)),
    )
    done()
  })
}

function send(reply: FastifyReply, page: MailPage): FastifyReply {
  return reply.code(page.status).type('text/html; charset=utf-8').send(buildMailPage(page))
}

const CONFIRM: MailPage = {
  status: 200,
  title: 'Confirm your address',
  text: 'Receive alerts of this account at the address that the link was sent to?',
  button: { label: 'Confirm' },
}
const CONFIRMED: MailPage = {
  status: 200,
  title: 'Your address is confirmed',
  text: 'Alerts are sent to it from now on. Every mail has a link that stops them.',
}
const UNSUBSCRIBE: MailPage = {
  status: 200,
  title: 'Stop these mails',
  text: 'Stop all mail of this account to the address that the link was sent to?',
  button: { label: 'Stop' },
}
const RESUMED: MailPage = {
  status: 200,
  title: 'Mail is allowed again',
  text: 'A confirmed address receives alerts from now on. Any other must first confirm, with the link in a confirmation mail.',
}
const UNKNOWN: MailPage = {
  status: 404,
  title: 'This link does not work',
  text: 'It is incomplete, or a later mail replaced it. Copy the whole link of the latest mail.',
}

/** Shows that mail is stopped, with a button that resumes it, or the page `otherwise`. */
function describeSubscription(
  recipient: Recipient | undefined,
  token: string,
  otherwise: MailPage,
): MailPage {
  if (!recipient) return UNKNOWN
  if (recipient.unsubscribedAt === null) return otherwise
  return {
    status: 200,
    title: 'These mails are stopped',
    text: 'This account can send nothing to the address any more. Only you can resume it, here.',
    // A relative path, because a proxy may serve the collector below a path of its own.
    button: { label: 'Resume', action: `../resubscribe/${encodeURIComponent(token)}` },
  }
}

function refuse(link: Exclude<ConfirmationLink, 'open'>): MailPage {
  if (link === 'unknown') return UNKNOWN
  return link === 'used'
    ? { status: 410, title: 'This link was used already', text: 'The address has been confirmed with it.' }
    : {
        status: 410,
        title: 'This link has expired',
        text: 'Ask the owner of the alert to send the confirmation again.',
      }
}
