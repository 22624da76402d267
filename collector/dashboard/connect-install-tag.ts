import { findElement } from './find-element.js'
import type { Website } from './load-report.js'

const LOCAL_HOST = /(^|\.)local(host)?$|^127\.|^\[::1]$/

/** The script tag of a site, ready to copy. */
export interface InstallTag {
  show(site: Website): void
}

export function connectInstallTag(): InstallTag {
  const tag = findElement('install-tag')
  const result = findElement('copy-result')

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(tag.textContent)
      result.textContent = 'Copied.'
    } catch {
      // The clipboard requires HTTPS.
      getSelection()?.selectAllChildren(tag)
      result.textContent = 'Selected. Press Ctrl+C or ⌘C to copy.'
    }
  }
  findElement('copy-tag').addEventListener('click', () => void copy())

  return {
    show({ tracking_code, domain }) {
      // The tracker ignores local hosts by default.
      const local = LOCAL_HOST.test(domain) ? ' data-allow-localhost="true"' : ''
      const text = `<script defer data-tracking-code="${tracking_code}"${local} src="${new URL('z.js', document.baseURI).href}"></script>`
      // Updated only on change, to keep a selection.
      if (tag.textContent === text) return
      tag.textContent = text
      result.textContent = ''
    },
  }
}
