import type { Kind } from './kind.js'
import { onLinkClick } from './on-link-click.js'

const withoutWww = (host: string): string => host.replace(/^www\./, '')

/**
 * Clicks on links to other hosts: `outbound_click` with `url` and `text`. Clicks on `mailto:`, `tel:` and `sms:` links:
 * `contact_click` with `scheme`, never with the address.
 *
 * The same host with and without `www.` is inside, and so are all hosts of the option `cookieDomain`.
 */
export const outbound: Kind = {
  name: 'outbound',
  start(door, tools) {
    const domain = door.options.cookieDomain?.replace(/^\./, '')
    const isInside = ({ host, hostname }: URL) =>
      withoutWww(host) === withoutWww(location.host) || (domain && `.${hostname}`.endsWith(`.${domain}`))
    const send = (event_name: string, properties: Record<string, string>) =>
      tools.send({ event_type: 'custom', event_name, properties })

    onLinkClick(tools, ({ element, url }) => {
      if (/^(mailto|tel|sms):/.test(url.protocol))
        send('contact_click', { scheme: url.protocol.slice(0, -1) })
      else if (/^https?:/.test(url.protocol) && !isInside(url)) {
        url.username = url.password = ''
        send('outbound_click', { url: url.href, text: tools.textOf(element) })
      }
    })
  },
}
