import type { Website } from './external-api.js'
import { findElement } from './find-element.js'

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
      // Without https there is no clipboard.
      getSelection()?.selectAllChildren(tag)
      result.textContent = 'It is selected: press Ctrl+C, or ⌘C.'
    }
  }
  findElement('copy-tag').addEventListener('click', () => void copy())

  return {
    show({ tracking_code, domain }) {
      // Local hosts are not counted unless the tag says so.
      const local = LOCAL_HOST.test(domain) ? ' data-allow-localhost="true"' : ''
      const text = `<script defer data-tracking-code="${tracking_code}"${local} src="${new URL('z.js', document.baseURI).href}"></script>`
      // Written only when it changes, so that a selection stays.
      if (tag.textContent === text) return
      tag.textContent = text
      result.textContent = ''
    },
  }
}
