import { createHash } from 'node:crypto'
import { escapeHtml } from '../http/escape-html.js'

/** A small page with one button at most. */
export interface MailPage {
  status: 200 | 404 | 410
  title: string
  text: string
  /** Button that posts to `action`, a path relative to the page. @default the page itself */
  button?: { label: string; action?: string }
}

const STYLE =
  'body{max-width:32rem;margin:4rem auto;padding:0 1rem;font:1rem/1.5 system-ui,sans-serif}button{padding:.5rem 1.5rem;font:inherit}'

/** Allows the style of the page and its form, and nothing else: no script, no frame, no other origin. */
export const CONTENT_SECURITY_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`

/** Builds the HTML of a page. Every text is escaped. */
export function buildMailPage({ title, text, button }: MailPage): string {
  const action = button?.action === undefined ? '' : ` action="${escapeHtml(button.action)}"`
  const form = button
    ? `<form method="post"${action}><button>${escapeHtml(button.label)}</button></form>`
    : ''
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(text)}</p>
${form}
`
}
