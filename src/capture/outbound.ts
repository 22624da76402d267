import { options, sendNamed, type Kind } from './core.js'
import { onLinkClick } from './on-link-click.js'
import { textOf } from './text-of.js'

const withoutWww = (host: string): string => host.replace(/^www\./, '')

/**
 * Clicks on links to other hosts: `outbound_click` with `url` and `text`. Clicks on `mailto:`, `tel:` and `sms:` links:
 * `contact_click` with `scheme`, never with the address.
 *
 * The same host with and without `www.` is inside, and so are all hosts of the option `cookieDomain`.
 */
export const outbound: Kind = () =>
  onLinkClick(1, ({ element, url }) => {
    const { protocol, host, hostname } = url
    const domain = options.cookieDomain
    if (/^(mailto|tel|sms):/.test(protocol)) sendNamed('contact_click', { scheme: protocol.slice(0, -1) })
    else if (
      protocol.startsWith('http') &&
      withoutWww(host) !== withoutWww(location.host) &&
      !(domain && `.${hostname}`.endsWith(`.${domain.replace(/^\./, '')}`))
    ) {
      url.username = url.password = ''
      sendNamed('outbound_click', { url: url.href, text: textOf(element) })
    }
  })
