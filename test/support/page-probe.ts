/** A console message or an error of a page. */
export interface PageMessage {
  kind: 'warn' | 'error' | 'exception' | 'rejection' | 'violation'
  text: string
  page: string
}

/** The path to which pages report their messages, on their own site. */
export const MESSAGE_PATH = '/page-messages'

declare global {
  interface Window {
    /** Reports under way; a spec waits for them at its end. */
    probeReports?: Promise<unknown>[]
  }
}

/**
 * An inline script, first in every test page, that reports console warnings, console errors, uncaught
 * exceptions, unhandled rejections and policy violations to the site.
 *
 * It runs in the page, because classic WebDriver has no console, and then all engines behave alike; it
 * reports at once, because a page that was left cannot be queried any more. Network errors that browsers
 * write to the console are not reported, and no script could prevent them.
 */
export function probeScript(siteUrl: string): string {
  return `<script>(${probe.toString()})(${JSON.stringify(siteUrl + MESSAGE_PATH)})</script>`
}

function probe(address: string): void {
  const reports: Promise<unknown>[] = (window.probeReports = [])

  const report = (kind: string, text: string) => {
    const body = JSON.stringify({ kind, text, page: location.href })
    reports.push(
      fetch(address, { method: 'POST', mode: 'no-cors', keepalive: true, body }).catch(() => undefined),
    )
  }

  for (const kind of ['warn', 'error'] as const) {
    const original = console[kind]
    console[kind] = (...args: unknown[]) => {
      report(kind, args.map(String).join(' '))
      original.apply(console, args)
    }
  }
  addEventListener('error', ({ message, error }) =>
    report('exception', `${message} ${(error as Error | null)?.stack ?? ''}`),
  )
  addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
    report('violation', `${violatedDirective} ${blockedURI}`),
  )
  addEventListener('unhandledrejection', ({ reason }) =>
    report('rejection', `${reason} ${(reason as Error | null)?.stack ?? ''}`),
  )
}
